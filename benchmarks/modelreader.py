"""A peer that reads X12 into models, in the Python that has it: nothing of edi837 is imported here.

``python modelreader.py MODULE speed FILE`` reads a file through and prints JSON: seconds of CPU, the peak of memory in
MB, and what it ended with. ``python modelreader.py MODULE judge`` takes interchanges on standard input, each behind its
length in eight bytes, and prints for each a line of JSON: how it ended, and the places that it complains of.

Both peers of this kind (``linuxforhealth.x12``, ``x12sdk``) have one way to read and validate a file, the one their
README shows: ``X12ModelReader``, which yields a model for each transaction set or raises. What it raises on purpose is
a refusal: pydantic's ``ValidationError`` lists every place (``refused``), whatever else its own code raises by
``raise`` stops at the first (``stopped``). Anything else, as a ``KeyError`` of a dictionary, is a crash (``crashed``).
"""

from __future__ import annotations

import importlib
import json
import re
import resource
import sys
import time
import traceback
from typing import Any

_LOOP = re.compile(r"loop_(\w+)")
_SEGMENT = re.compile(r"([a-z0-9]+?)_segment")
_PARSING = re.compile(r"Error parsing (\w+) segment")  # linuxforhealth: an element too many


def places(error: BaseException) -> list[list[str]]:
    """Each place that an exception names: loop (2010BA), segment id, and the rest of its path."""
    if not hasattr(error, "errors"):
        found = _PARSING.match(str(error))
        return [["", found[1], "parse"]] if found else []
    named = []
    for each in error.errors():
        loop = segment = ""
        path = [str(part) for part in each["loc"]]
        for part in path:
            if of_loop := _LOOP.fullmatch(part):
                loop, segment = of_loop[1].upper(), ""
            elif of_segment := _SEGMENT.fullmatch(part):
                segment = of_segment[1].upper()
        named.append([loop, segment, f"{'.'.join(path)} {each['type']}"])
    return named


def ending(package: str, error: BaseException) -> str:
    """``refused`` or ``stopped`` for what is raised on purpose, ``crashed`` for what happens to be."""
    if hasattr(error, "errors"):
        return "refused"
    last = traceback.extract_tb(error.__traceback__)[-1]
    own = package.replace(".", "/") in last.filename and (last.line or "").startswith("raise")
    # A set that there is no model of is documented to end so.
    return "stopped" if own or isinstance(error, ModuleNotFoundError) else "crashed"


def read(package: str, source: str) -> dict[str, Any]:
    """Read one interchange, by its path or its text, to its end or to an exception."""
    reader = importlib.import_module(f"{package}.io").X12ModelReader
    sets = 0
    try:
        with reader(source) as reading:
            for _ in reading.models():
                sets += 1
    except Exception as error:
        name = type(error).__name__
        return {"end": ending(package, error), "sets": sets, "error": name, "places": places(error)}
    return {"end": "read", "sets": sets, "error": "", "places": []}


def main() -> None:
    """Measure one file, or judge all that comes."""
    package, work, *rest = sys.argv[1:]
    importlib.import_module(f"{package}.io")
    if work == "speed":
        begun = time.process_time()
        result = read(package, rest[0])
        result["cpu"] = time.process_time() - begun
        result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        del result["places"]
        print(json.dumps(result))
        return
    while size := sys.stdin.buffer.read(8):
        data = sys.stdin.buffer.read(int.from_bytes(size, "big"))
        print(json.dumps(read(package, data.decode("latin-1"))), flush=True)


if __name__ == "__main__":
    main()
