"""The programs in docs/how-to/bluesky.md, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bluesky.run_engine import call_in_bluesky_event_loop

from macduff.bluesky import MacduffDevice
from macduff.client import Client
from tests.system.bluesky_device.home import Demo, Engine, by_tango

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "bluesky.md"


@by_tango
def test_the_page_s_programs_run(engine: Engine, client: Client, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bluesky.RunEngine", lambda: engine.RE)  # a second one would be a second thread
    names: dict[str, Any] = {}
    programs = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(programs) == 5
    try:
        for program in programs:
            text = program.replace("ws://127.0.0.1:8008", demo.address("ws"))
            text = text.replace("pva://127.0.0.1:5075/Y", demo.address("pva", "Y"))
            text = text.replace("tango://127.0.0.1:10000/demo/macduff/det#dbase=no", demo.address("tango", "DET"))
            assert not re.search(r":(8008|5075|10000)\b", text)
            exec(compile(text, str(PAGE), "exec", dont_inherit=True), names)
    finally:
        for device in names.values():
            if isinstance(device, MacduffDevice):
                call_in_bluesky_event_loop(device.disconnect())
    assert client["X"].position == 0.5
    assert client["Y"].position == 0.25
    assert engine.data("y") == [0.25, 0.25]
    assert len(engine.data("camera-counter")) == 2
    assert len(engine.data("det-counter")) == 3 + 3 + 20 + 5
