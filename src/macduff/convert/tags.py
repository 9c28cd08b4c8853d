"""Tags beside a description, as a last line of text: `tags: widget:image bluesky:read`."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["with_tags", "without_tags"]

_MARK = "tags: "


def with_tags(description: str, tags: Iterable[str]) -> str:
    """The description with its tags; a tag with a space in it is left out, for it would come out as two."""
    told = " ".join(tag for tag in tags if tag and tag.split() == [tag])
    if not told:
        return description
    return f"{description}\n{_MARK}{told}" if description else f"{_MARK}{told}"


def without_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """The description, and the tags that were told with it."""
    description, _, last = text.rpartition("\n")
    return (description, tuple(last.removeprefix(_MARK).split())) if last.startswith(_MARK) else (text, ())
