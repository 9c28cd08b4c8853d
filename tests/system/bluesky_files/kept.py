"""A RunEngine whose runs are written to files by Bluesky's writers; each is read back and held against what it gave."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from bluesky.callbacks.json_writer import JSONWriter
from bluesky.run_engine import RunEngine
from event_model import DocumentNames, sanitize_doc, schema_validators, unpack_event_page

from examples.bluesky.to_files import Run, writer

__all__ = ["Keeper", "demo", "plain"]

Documents = list[tuple[str, dict[str, Any]]]


class Keeper:
    """Runs plans, and reads their files: UID.jsonl of the example's writer, and UID.json of Bluesky's other one."""

    def __init__(self, engine: RunEngine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.given: Documents = []
        self._whole: Any = None
        for callback in (self._note, writer(folder), self._write):
            engine.subscribe(callback)  # type: ignore[no-untyped-call]  # Bluesky's

    def _note(self, name: str, document: dict[str, Any]) -> None:
        self.given.append((name, document))

    def _write(self, name: str, document: dict[str, Any]) -> None:
        """One JSONWriter for each run: it keeps the name of its first file, and begins it anew."""
        if name == "start":
            self._whole = JSONWriter(str(self.folder), f"{document['uid']}.json")
        self._whole(name, sanitize_doc(document))

    def run(self, plan: Any) -> Run:
        """Run a plan of one run, and read that."""
        self.engine(plan)
        return self.last()

    def last(self) -> Run:
        """The newest run from its file, if there is no difference between both files and what the RunEngine gave."""
        start = [document for name, document in self.given if name == "start"][-1]
        given = self.given[self.given.index(("start", start)) :]
        for name, document in given:
            schema_validators[DocumentNames[name]].validate(document)
        lines = self.folder / f"{start['uid']}.jsonl"
        with open(lines) as file:
            written = [json.loads(line) for line in file]
        assert list(plain(written)) == list(plain([{"name": name, "doc": document} for name, document in given]))
        whole = json.loads((self.folder / f"{start['uid']}.json").read_text())
        assert list(plain(whole)) == list(plain(written))
        return Run(lines)


def plain(documents: list[dict[str, Any]]) -> Iterator[str]:
    """Each document as text, pages as the events that are in them; NaN equals NaN there, and 1 is not 1.0."""
    for entry in documents:
        name, document = entry["name"], entry["doc"]
        if name == "event_page":
            for event in unpack_event_page(document):
                yield _text("event", event)
        else:
            yield _text(name, document)


def _text(name: str, document: Any) -> str:
    def numbers(value: Any) -> Any:
        assert isinstance(value, np.ndarray | np.generic), value
        return value.tolist()

    return json.dumps([name, document], sort_keys=True, default=numbers)


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """`macduff demo` in a process of its own; its websocket."""
    announced = folder / "announced.json"
    command = [sys.executable, "-m", "macduff", "demo", "--port", "0", "--announce", str(announced)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert "laboratory is at" in process.stderr.readline()
        yield json.loads(announced.read_text())["web"]["environment"]["MACDUFF_ADDRESS"]
    finally:
        process.terminate()
        process.communicate(timeout=30)
