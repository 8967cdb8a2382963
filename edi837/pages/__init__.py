"""Pages to read: a file of claims, what was rejected in it, how much money is on it, and why; a gateway's day.

Enters: the events of a file and its segments. Leaves: one document of HTML that needs nothing else.
"""
