"""What tests of pages share: strings that would act, what a harmless page holds, and the colours of the palette."""

from __future__ import annotations

import re
from itertools import pairwise

from lxml import html

from edi837.views.html import POLICY, STYLE
from tests.formats import found

TAGS = ["script", "img", "svg", "iframe", "object", "embed", "link", "style", "meta", "base", "form", "input", "video",
        "details", "math", "body"]  # fmt: skip
BREAKS = ["", '"', "'", '">', "'>", "</title>", "</style>", "</pre>", "-->", "]]>"]
ACTS = [
    "<{0}>alert(1)</{0}>", "<{0} onerror=alert(1) src=x>", "<{0} onload=alert(1)>", "<{0}/onfocus=alert(1) autofocus>",
    "<{0} href=javascript:alert(1)>", "<{0} src=//evil.example/x.js>", "<{0} style=background:url(//evil.example)>",
]  # fmt: skip
STRINGS = [
    f"{b}{a.format(t)}" for n, t in enumerate(TAGS) for b in BREAKS for a in ACTS if (n + len(b) + len(a)) % 5 == 0
]
STRINGS += [
    "javascript:alert(1)", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "\\x3cscript\\x3e", "{{7*7}}",
    "<ScRiPt>alert(1)</ScRiPt>", "<<script>alert(1)//<</script>", "<svg><script>alert(1)</script></svg>",
    "\"onmouseover='alert(1)'", "' onfocus='alert(1)' autofocus '", "<!--><script>alert(1)</script-->",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "<\x00script>alert(1)</script>", "\ud83d<script>", "<a href=x>y</a>",
]  # fmt: skip


def harmless(text: str, *, linked: bool = False) -> None:
    """A page in which nothing can act; ``linked``: with links to its own parts, and radio buttons."""
    document = html.fromstring(text)
    policies = found(document, "//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policies == [POLICY] and "default-src 'none'" in POLICY and "style-src 'unsafe-inline'" in POLICY
    allowed = {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "div", "span", "section", "details",
        "summary", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "mark", "i", "svg",
        "rect", "line", "text", "main",
    }  # fmt: skip
    allowed |= {"a", "fieldset", "legend", "label", "input"} if linked else set()
    assert {element.tag for element in document.iter() if isinstance(element.tag, str)} <= allowed
    attributes = {str(attribute) for element in document.iter() for attribute in element.attrib}
    assert not [each for each in attributes if each.startswith("on")]
    acting = {"src", "href", "style", "srcset", "action", "formaction", "data", "xlink:href", "id"}
    assert not attributes & (acting - {"href", "id"} if linked else acting)
    assert all(re.fullmatch(r"#f\d+", str(link)) for link in found(document, "//@href"))
    assert all(re.fullmatch(r"f\d+|only-[\w-]+", str(id)) for id in found(document, "//@id"))
    assert {str(kind) for kind in found(document, "//input/@type")} <= {"radio"}
    assert len(found(document, "//style")) == 1 and "url(" not in (found(document, "//style")[0].text or "")
    assert len(found(document, "//title")) == 1 + len(found(document, "//svg/title"))


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def palette(theme: str, style: str = STYLE) -> dict[str, str]:
    """The colours of a theme by name."""
    light, _, dark = style.partition("@media screen and (prefers-color-scheme: dark)")
    part = light if theme == "light" else dark.partition("} }")[0]
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part))


def headings(text: str) -> list[int]:
    """The levels of the headings of a page, in order."""
    return [int(str(element.tag)[1]) for element in html.fromstring(text).iter("h1", "h2", "h3", "h4")]


def in_order(levels: list[int]) -> bool:
    """Whether they begin with one h1 and none is left out on the way down."""
    steps = pairwise(levels)
    return levels[:1] == [1] and levels.count(1) == 1 and all(after <= before + 1 for before, after in steps)
