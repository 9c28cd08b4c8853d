"""A scan and a flight with a Tango motor and a detector, each run in a file of its own, and read back.

python to_files.py tango://127.0.0.1:45678/lab/motor/1#dbase=no ws://127.0.0.1:8008/DET FOLDER
"""

# mypy: disable-error-code="no-untyped-call"
# Much of Bluesky has no type information.
from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
from bluesky import RunEngine
from bluesky.callbacks.json_writer import JSONLinesWriter
from bluesky.run_engine import call_in_bluesky_event_loop
from event_model import DocumentNames, DocumentRouter, RunRouter, sanitize_doc, schema_validators
from ophyd_async.core import SignalR, StandardReadableFormat, init_devices

from macduff.bluesky import CommsConnector, MacduffDevice, tango_motor


def writer(folder: Path) -> RunRouter:
    """For RE.subscribe: each run goes to FOLDER/UID.jsonl, a line for each document."""

    def for_run(name: str, start: dict[str, Any]) -> tuple[list[Callable[..., None]], list[Callable[..., None]]]:
        lines = JSONLinesWriter(str(folder), f"{start['uid']}.jsonl")

        def write(name: str, document: dict[str, Any]) -> None:
            lines(name, sanitize_doc(document))  # arrays become lists

        return [write], []

    return RunRouter([for_run])


class Run(DocumentRouter):
    """A run that was read from its file: `run.columns["primary"]["motor-position"]` are the values of its events.

    Each document is checked against its schema, and arrays get back the type that their descriptor tells.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.columns: dict[str, dict[str, list[Any]]] = {}
        self._descriptors: dict[str, Any] = {}
        with open(path) as lines:
            for line in lines:
                entry = json.loads(line)
                schema_validators[DocumentNames[entry["name"]]].validate(entry["doc"])
                self(entry["name"], entry["doc"])

    def descriptor(self, doc: Any) -> Any:
        self._descriptors[doc["uid"]] = doc
        self.columns.setdefault(doc["name"], {key: [] for key in doc["data_keys"]})

    def event(self, doc: Any) -> Any:
        """The events of pages come here too, one after the other."""
        descriptor = self._descriptors[doc["descriptor"]]
        for key, value in doc["data"].items():
            self.columns[descriptor["name"]][key].append(typed(value, descriptor["data_keys"][key]))


def typed(value: Any, key: dict[str, Any]) -> Any:
    """An array of numbers as an array again; text and single numbers are what they were."""
    dtype = np.dtype(key.get("dtype_numpy", "O"))
    return np.asarray(value, dtype) if isinstance(value, list) and dtype.kind in "biuf" else value


class Camera(MacduffDevice):
    """A detector whose picture is in events: without such a hint it is in none."""

    image: Annotated[SignalR[np.ndarray], StandardReadableFormat.UNCACHED_SIGNAL]


def flight(det: Any, motor: Any, frames: int) -> Any:
    """The motor is on its way while the detector takes its frames; the motor's positions are a stream of their own."""

    def way() -> Any:
        yield from bps.kickoff(det, wait=True)
        yield from bps.abs_set(motor, 1, group="way")
        yield from bps.complete(det, wait=True)
        yield from bps.wait("way")
        yield from bps.collect(det)

    yield from bps.mv(motor, 0)
    yield from bps.prepare(det, {"exposure": 0.01, "frames": frames}, wait=True)
    run = bpp.monitor_during_wrapper(bpp.run_wrapper(way()), [motor.comm.position])
    yield from bpp.stage_wrapper(run, [det, motor])


def main(motor_address: str, det_address: str, folder: Path) -> None:
    RE: Any = RunEngine({})
    RE.subscribe(writer(folder))
    with CommsConnector():
        motor = tango_motor(motor_address, "motor")
    with init_devices():
        det: Any = Camera(det_address)

    RE(bps.prepare(det, {"exposure": 0.01, "frames": 2}, wait=True))
    (uid,) = RE(bp.scan([det], motor, 0, 1, 5))
    scan = Run(folder / f"{uid}.jsonl").columns["primary"]
    print("a scan")
    for position, frame, image in zip(scan["motor-position"], scan["det-counter"], scan["det-image"], strict=True):
        print(f"  at {position} frame {frame}, a picture of {image.shape[0]} x {image.shape[1]} {image.dtype}")

    (uid,) = RE(flight(det, motor, 30))
    flown = Run(folder / f"{uid}.jsonl").columns["det"]
    print("a flight")
    print(f"  frames {flown['det-counter'][0]} to {flown['det-counter'][-1]}, {len(flown['det-image'])} pictures")
    right = [image.sum() for image in flown["det-image"]] == flown["det-sum"]
    print(f"  the detector's sums are those of the pictures: {right}")
    call_in_bluesky_event_loop(det.disconnect())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
