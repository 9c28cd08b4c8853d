"""A RunEngine that remembers its documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bluesky import RunEngine

Connect = Callable[..., Any]


class Engine:
    """A RunEngine, and the documents that it gave."""

    def __init__(self) -> None:
        self.RE = RunEngine({}, context_managers=[])
        self.documents: list[tuple[str, dict[str, Any]]] = []
        self.RE.subscribe(lambda name, document: self.documents.append((name, document)))  # type: ignore[no-untyped-call]  # it has no types

    def __call__(self, plan: Any) -> None:
        self.RE(plan)

    def pause(self) -> None:
        """Ask for a pause, from another thread than the plan's."""
        self.RE.request_pause()  # type: ignore[no-untyped-call]  # it has no types

    def resume(self) -> None:
        """Go on with a paused plan."""
        self.RE.resume()  # type: ignore[no-untyped-call]  # it has no types

    def abort(self) -> None:
        """End a paused plan."""
        self.RE.abort()  # type: ignore[no-untyped-call]  # it has no types

    def named(self, name: str) -> list[dict[str, Any]]:
        return [document for kind, document in self.documents if kind == name]

    def data(self, key: str) -> list[Any]:
        """What the events have of that key, pages included."""
        found = [event["data"][key] for event in self.named("event")]
        return found + [value for page in self.named("event_page") for value in page["data"][key]]
