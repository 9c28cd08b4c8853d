"""What /metrics says, in Prometheus' text format."""

from __future__ import annotations

import dataclasses
import re

from macduff.servers.web.counts import ABOUT, Counts, exposition


def test_every_count_is_explained() -> None:
    assert set(ABOUT) == {field.name for field in dataclasses.fields(Counts)}


def test_the_text_is_what_prometheus_reads() -> None:
    text = exposition(Counts(websockets=3, bytes_sent=2**40), {"devices": ("Devices", 7)}, {"lost": ("Lost", 1)})
    assert text.endswith("\n")
    values = {}
    for about, kind, sample in zip(*[iter(text.splitlines())] * 3, strict=True):
        name, value = sample.split(" ")
        assert re.fullmatch(r"macduff_[a-z_]+", name)
        assert about.startswith(f"# HELP {name} ") and kind in (f"# TYPE {name} counter", f"# TYPE {name} gauge")
        assert name.endswith("_total") == kind.endswith("counter")
        values[name] = float(value)
    assert values["macduff_websockets_total"] == 3 and values["macduff_bytes_sent_total"] == 2**40
    assert values["macduff_devices"] == 7 and values["macduff_lost_total"] == 1
