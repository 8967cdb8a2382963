"""What was found, as the world asks to see it: for people, editors, build servers and browsers.

Enters: findings with the file they are about. Leaves: text, JSON, SARIF, JUnit, pages of HTML; each
finding with its byte and line, the segment it stands in, and what it stands on.
"""
