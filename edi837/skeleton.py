"""A policy to begin with: three files that pass every check as they are, with remarks on what to put where."""

from __future__ import annotations

import re
from string import Template

NUMBER = re.compile(r"[A-Za-z0-9]+\Z")

_POLICY = Template('''\
# Billing policy $number, written as edits. An edit is one sentence of the policy that a claim can
# break. Text from # to the end of the line is a remark.
#
#   1. Put the policy's published text into $stem.txt, word for word.
#   2. Write an edit for each sentence that a claim can break, below.
#   3. Give each edit cases in $stem.cases.toml: claims that break it, and claims that hold it.
#   4. edi837 policy check $stem.toml     is everything written rightly?
#      edi837 policy test $stem.toml      does each case come out as it should?
#      edi837 check --policy $stem.toml claims.edi

[policy]
number    = "$number"
title     = "What it is about"
text      = "$stem.txt"          # the policy as published, beside this file
cases     = "$stem.cases.toml"   # claims that break and hold each edit
effective = 2024-01-01            # a line is judged if its first day is not before this
payers    = ["*"]                 # NM109 of the payers it is for; "*" is every payer


# A code set holds codes, ranges such as "S9500..S9504", and names of other sets; `except` takes
# codes out again. unit = "day" says that one unit is one day of service.

[codes.daily]
unit  = "day"
codes = ["S9500..S9504"]


# An edit. The check is one of a closed list: `edi837 checks` prints them with their words.

[[edit]]
id        = "$number-A01"            # the policy's number, a letter, two digits; it never changes its meaning
title     = "No more units than days"
says      = "One unit is one day of service."   # word for word from $stem.txt
source    = "explicit"            # the policy says it; implied: it follows; external: see rests_on
# rests_on = "..."                # of an external edit: the document it rests on
check     = "units_per_day"
codes     = "daily"
most      = 1
action    = "warn"                # the claim goes on and the report says why; reject sends it back
status    = ["A8:476", "A8:187"]  # for the 277CA, the most telling first: edi837 explain A8:476
message   = "{code} is billed by the day: {units} units, but {days} days ({dates})"
fix       = "Bill one unit for each day, or correct the dates"


# A profile lays a few keys over the edits above and is chosen by its name behind the file's, as
# edi837 check --policy $stem.toml#$number-strict, or for short $stem.toml#strict.

[profile.$number-strict.edits]
$number-A01 = { action = "reject" }


# Sentences of the policy that no edit can enforce, and why.

[[unenforced]]
says = "Services are given with care."
why  = "a claim does not tell"
''')

_TEXT = """\
Put the text of the policy here, as it was published.

One unit is one day of service. Services are given with care.
"""

_CASES = Template('''\
# Claims that break policy $number and claims that hold it, a line each:
#
#   code[:modifier] units dates [words]        all of it in 2024, unless a year stands in the date
#
# "S9500:SH 7 11/01-11/07 @12 desc=\\"some words\\"" is a service line; a line that begins with the
# word claim begins another claim of the patient: "claim frequency 7", "claim patient 2". Each case
# lists all that should be found: rejects, warns, unknown, as "$number-A01 line 1", or with several
# claims "$number-A01 claim 2 line 1". `edi837 policy test` sends each as an 837P and as an 837I.

[[case]]
name  = "two units on one day"
lines = ["S9500 2 11/01"]
warns = ["$number-A01 line 1"]

[[case]]
name  = "a unit a day"
lines = ["S9500 7 11/01-11/07"]

[[case]]
name    = "two units on one day, strictly"
profile = "$number-strict"
lines   = ["S9500 2 11/01"]
rejects = ["$number-A01 line 1"]
''')


def files(number: str, stem: str) -> tuple[str, str, str]:
    """The policy, its text and its cases, to be called STEM.toml, STEM.txt and STEM.cases.toml."""
    return (
        _POLICY.substitute(number=number, stem=stem), _TEXT, _CASES.substitute(number=number, stem=stem),
    )  # fmt: skip
