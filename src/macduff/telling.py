"""How names and errors are told to people: what may have been meant, what was raised, and where."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

__all__ = ["authors", "described", "did_you_mean", "frames", "place", "short"]

T = TypeVar("T")

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
NOWHERE = ("<frozen", "<string>")
"""Code that has no file: Python's own start, and what dataclasses make."""
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """A hint for a misspelt name: "; did you mean 'x'?", or nothing. most: how many names it may offer."""
    import difflib  # for errors alone, so that a start does without it

    by_lower: dict[str, list[str]] = {}
    for candidate in known:
        by_lower.setdefault(candidate.lower(), []).append(candidate)
    matches = difflib.get_close_matches(name.lower(), by_lower, most)
    near = [other for match in matches for other in _in_case(name, by_lower[match])]
    return f"; did you mean {' or '.join(map(repr, near[:most]))}?" if near else ""


def _in_case(name: str, alike: list[str]) -> list[str]:
    """Names that differ in case alone, those first that have the case of `name`."""
    return sorted(alike, key=lambda other: -sum(map(str.__eq__, name, other)))


def described(error: BaseException) -> str:
    """Type, text and place of what somebody's code raised: "ZeroDivisionError: division by zero (dev.py:12)".

    The text is that code's too, and may fail. A misspelt attribute comes with the name that may have been meant.
    """
    where = place(error)
    try:
        told = f"{type(error).__name__}: {_text(error)}"
    except Exception:
        told = f"{type(error).__name__}, whose text cannot be told"
    return f"{told} ({where})" if where else told


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)
    text = str(error)
    if isinstance(error, AttributeError) and error.name and error.obj is not None and "did you mean" not in text:
        private = error.name.startswith("_")
        text += did_you_mean(error.name, [name for name in dir(error.obj) if private or not name.startswith("_")])
    return text


def place(error: BaseException) -> str:
    """File and line that an author should look at, "dev.py:12"; "" for an error that was never raised.

    Likewise when all of it is macduff's, but for its devices.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{short(error.filename)}:{error.lineno}"
    found = authors(_frames(error.__traceback__))
    return f"{short(found[0])}:{found[1]}" if found else ""


def frames(error: BaseException, most: int = 20) -> str:
    """Where an error came from, for those who cannot see the program's log: a line for each of its frames.

    "stage.py:12, in move: raise RuntimeError(text)"; files without folders, macduff's own frames but for its devices
    left out, and what it was raised from first. At most the `most` innermost lines.
    """
    import linecache

    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    lines = []
    for each in reversed(chain):
        traceback = each.__traceback__
        while traceback is not None:
            code, number = traceback.tb_frame.f_code, traceback.tb_lineno
            traceback = traceback.tb_next
            if not code.co_filename.startswith(_OWN) or code.co_filename.startswith(_OWN + "devices"):
                text = linecache.getline(code.co_filename, number).strip()
                lines.append(f"{short(code.co_filename)}:{number}, in {code.co_name}{f': {text}' if text else ''}")
        lines.append(described(each))
    return "\n".join(lines[-most:])


def authors(places: Iterable[tuple[str, T]]) -> tuple[str, T] | None:
    """Of places that begin with their file, the innermost last, the one that an author should look at.

    The innermost outside macduff, Python's own library and what is installed; where there is none, outside macduff
    and the library, then outside macduff alone, then in its devices.
    """
    found: list[tuple[str, T] | None] = [None, None, None, None]
    for here in places:
        file = here[0]
        if file.startswith(NOWHERE):
            continue
        if file.startswith(_OWN):
            if file.startswith(_OWN + "devices"):
                found[3] = here
            continue
        found[2] = here
        installed = any(folder in file for folder in _INSTALLED)
        if installed or not file.startswith(_LIBRARY):
            found[1] = here
            if not installed:
                found[0] = here
    return next(filter(None, found), None)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def short(file: str) -> str:
    """The name of a file without its folders, but for an `__init__.py`, which says nothing alone."""
    parts = file.replace("\\", "/").split("/")
    return "/".join(parts[-2:]) if parts[-1] == "__init__.py" else parts[-1]
