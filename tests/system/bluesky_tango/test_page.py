"""The programs in docs/how-to/bluesky-tango.md, as they stand there, against a real Tango server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop

from tests.system.bluesky_tango.server import MOTORS, STATION, MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "bluesky-tango.md"


def test_the_page_s_programs_run(
    server: MotorProgram, run_engine: RunEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bluesky.RunEngine", lambda: run_engine)  # a second one would be a second thread
    events: list[dict[str, Any]] = []
    run_engine.subscribe(lambda name, document: events.append(document), "event")  # type: ignore[no-untyped-call]  # the library has no types
    names: dict[str, Any] = {"__name__": "page"}
    programs = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(programs) == 7
    for number, program in enumerate(programs):
        text = program.replace("sys/motor/1", server.device(MOTORS[0]))
        text = text.replace("lab/station/1", server.device(STATION))
        exec(compile(text, f"{PAGE.name}, program {number + 1}", "exec", dont_inherit=True), names)
        if "@tango_connector" in program:
            comm = names["StationComm"](server.device(STATION))
            call_in_bluesky_event_loop(comm.connect())
            assert comm.pressure.signal_name == "PressureMbar"
            assert comm.reset.signal_name == ("ResetAll" if "reset=" in program else "Reset")
    assert [event["data"]["motor-position"] for event in events[:11]] == list(range(11))
    assert [event["data"]["station-pressure"] for event in events[11:16]] == [1013.25 / 3] * 5
    assert [event["data"]["Pressure"] for event in events[16:]] == [1013.25 / gain for gain in range(1, 6)]
    assert names["before"]["station-gain"]["value"] == 3 and names["after"]["station-gain"]["value"] == 1
    said = capsys.readouterr().out
    assert names["reading"]["value"] == 2 and "'alarm_severity': 0" in said and "3.0" in said
