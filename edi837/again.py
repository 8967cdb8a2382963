"""What to do with what came back: how it is sent again, or that it is not.

Enters: a claim status (X12 list 508), a code of a TA1 or 999, or what they refused. Leaves: a sentence for the biller,
the same in our own report and in answers read back.
"""

from __future__ import annotations

OF_CLAIMS = ("54", "78")  # at a line they say that a line is there twice, not that the claim is with the payer
# By status.
INSTEAD = {
    "24": "Enrol with the payer for electronic claims of this party, then send it again.",
    "33": "Ask the payer for the patient's member number, correct it and send it again.",
    "54": "It was taken before: do not send it again. What must change in it goes as a replacement (CLM05-3 = 7) "
    "with the payer's number in REF*F8.",
    "78": "It is with the payer already: wait for his answer before sending anything.",
    "97": "Ask the payer whether the patient is covered on these days, and by whom.",
    "116": "Send it to the payer whose claim it is.",
    "684": "See the 999 of the same set for what is wrong in it, correct that and send it again.",
    "746": "The batch came before: send it again only if it was changed, under a new ST02 and BHT03.",
}
_SET = "Correct it and send this set again under a new ST02 and BHT03"
# By what a TA1 or 999 refused; a set beside accepted ones, or alone, where none is known of.
REFUSED = {
    "interchange": "Correct it and send the whole interchange again under a new ISA13: none of its claims went on.",
    "group": "Correct it and send the whole group again under a new GS06: none of its claims went on.",
    "set": f"{_SET}; the accepted sets are not sent again.",
    "set alone": f"{_SET}: none of its claims went on.",
}
_BEFORE = (
    "Its number came before: send nothing again that was taken under it. What was not, or is changed, goes under a "
    "new {}."
)
# By the code of what came under a number that came before. Sent again under another, all of it would be taken twice.
BEFORE = {
    "TA1:025": _BEFORE.format("ISA13"),
    "AK9:19": _BEFORE.format("GS06"),
    "IK5:23": _BEFORE.format("ST02 and BHT03"),
}
