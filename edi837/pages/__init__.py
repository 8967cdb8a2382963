"""A file of claims as one page to read: what was rejected, how much money is on it, and why, claim by claim.

Enters: the events of a file and its segments. Leaves: one document of HTML that needs nothing else.
"""
