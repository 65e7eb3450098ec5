"""Texts that a stranger's model, SAE or data set may carry into a page."""

import re

#: Characters that must never reach a page as they are: controls but line ends and tabs, and marks of direction.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HOSTILE_TEXTS = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "single quotes": "' onmouseover='alert(1)",
    "right to left": "\u202egnp.exe\u2066abc",
    "control characters": "a\x01b\x07c\x1b[31m\x7fd\x85",
    "long": "x" * 10_000,
    "long words": "word " * 2_000,
    "template": "{{ 7 * 7 }}{% raw %}",
    "entity": "&lt;b&gt;&amp;&#x202e;",
    "line breaks": "one\r\ntwo\n\n\nthree\tfour",
}


def marks_of(text: str) -> list[str]:
    """The forbidden characters in a page."""
    return FORBIDDEN.findall(text)
