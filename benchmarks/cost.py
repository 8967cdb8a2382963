"""What a program of this Python costs: ``python -I -S cost.py ARGUMENTS...`` runs it to its end and prints JSON.

Seconds of the clock and of CPU, the peak of memory in MB, and the exit status. The kernel begins the peak of a new
process with that of the one which starts it, so this one must stay small: it imports nothing else.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    begun = time.perf_counter()
    nothing = os.open(os.devnull, os.O_RDWR)
    streams = [(os.POSIX_SPAWN_DUP2, nothing, number) for number in (0, 1, 2)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ, file_actions=streams)
    _, status, used = os.wait4(pid, 0)
    result = {
        "wall": time.perf_counter() - begun, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024,
        "status": os.waitstatus_to_exitcode(status),
    }  # fmt: skip
    print(json.dumps(result))
