"""Answers read back: any TA1, 999, 997 or 277CA, ours or another's, told in plain words.

Enters: a file of acknowledgements as they come: with a byte order mark, line ends and indentation, other
separators, loops left out. Leaves: what was rejected, why, and what to do; as text, JSON or a page.
"""
