"""Where in a piece of Python the cursor is: in which string, in which brackets, behind which expression."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Cursor", "cursor_at"]

_PAIRS = {")": "(", "]": "[", "}": "{"}
_LONGEST = 1_000
"""No expression or word that is completed is longer; what may be is not worth the time."""
_KEYWORD = re.compile(r"^\s*([A-Za-z_]\w*)\s*=(?!=)\s*$")
_EXPRESSION = re.compile(
    r"""[A-Za-z_]\w*                                      # a name,
        (?: \s*\.\s*[A-Za-z_]\w*                          # then members,
          | \[\s*(?:"[^"\\\n]*"|'[^'\\\n]*')\s*\]         # items by name,
          | \(\s*(?:"[^"\\\n]*"|'[^'\\\n]*')\s*\)         # and constructors, as in Motor("x")
        )*\s*$""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The end of `source`, which is what stands before the cursor."""

    source: str
    quote: str
    """The quote of the string that the cursor is in; "" outside strings."""
    start: int
    """Where the string's text begins, or outside strings where the word at the cursor does."""
    opened: tuple[int, ...]
    """Where the brackets were opened that are not closed yet, the outermost first."""
    commas: tuple[int, ...] = ()
    """Where the commas are in the innermost of them."""
    comment: bool = False

    @property
    def typed(self) -> str:
        """What of the string or word was typed already."""
        return self.source[self.start :]

    @property
    def before(self) -> str:
        """What stands before the string or word."""
        return self.source[: self.start - len(self.quote)]

    def bracket(self) -> str:
        """The innermost open bracket; "" for none."""
        return self.source[self.opened[-1]] if self.opened else ""

    def opener(self) -> str:
        """The expression before the innermost open bracket, as in `X.move(1, `: "X.move"; "" for none."""
        return expression_of(self.source[: self.opened[-1]]) if self.opened else ""

    def argument(self) -> tuple[int, str, str] | None:
        """In a call: how many arguments stand before, the keyword of this one, and what else of it stands before."""
        if self.bracket() != "(":
            return None
        begin = self.commas[-1] if self.commas else self.opened[-1]
        before = self.before[begin + 1 :]
        found = _KEYWORD.match(before)
        return len(self.commas), found[1] if found else "", "" if found else before.strip()


def expression_of(text: str) -> str:
    """The names, members and items that the text ends with; "" when it ends with anything else."""
    text = text[-_LONGEST:]
    found = _EXPRESSION.search(text)
    if found is None or text[: found.start()].endswith((".", ")", "]", '"', "'")):
        return ""
    return found[0].strip()


def cursor_at(source: str) -> Cursor:
    """Read the source up to the cursor, its end."""
    opened: list[int] = []
    commas: list[list[int]] = [[]]
    quote, start, position = "", 0, 0
    while position < len(source):
        here = source[position]
        if quote:
            if here == "\\":
                position += 1
            elif source.startswith(quote, position) or (here == "\n" and len(quote) == 1):
                position += len(quote) - 1
                quote = ""
        elif here in "\"'":
            quote = here * 3 if source.startswith(here * 3, position) else here
            position += len(quote) - 1
            start = position + 1
        elif here == "#":
            end = source.find("\n", position)
            if end < 0:
                return Cursor(source, "", len(source), tuple(opened), comment=True)
            position = end
        elif here in "([{":
            opened.append(position)
            commas.append([])
        elif here in _PAIRS and opened and source[opened[-1]] == _PAIRS[here]:
            opened.pop()
            commas.pop()
        elif here == ",":
            commas[-1].append(position)
        position += 1
    if not quote:
        start = len(source) - len(_word(source))
    return Cursor(source, quote, start, tuple(opened), tuple(commas[-1]))


def _word(source: str) -> str:
    found = re.search(r"[^\W\d]\w*$", source[-_LONGEST:])
    return found[0] if found else ""
