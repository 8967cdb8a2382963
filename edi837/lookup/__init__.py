"""A segment looked up in a file: where it stands, what each of its elements is, and what was found on it.

Enters: a file, and words that say which segment. Leaves: the segments they name, told element by element.
"""
