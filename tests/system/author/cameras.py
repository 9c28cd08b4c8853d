"""The camera of the documentation before an IOC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from macduff import Process, Severity
from tests.support import eventually, random_name
from tests.system.ioc import Ioc, channel_access
from tests.system.sources.camera import Camera

__all__ = ["camera_ioc", "camera_process", "ready"]

RECORDS = Path(__file__).parents[3] / "examples" / "epics" / "camera.db"
PREFIX = random_name() + ":"


@contextmanager
def camera_ioc() -> Iterator[Ioc]:
    """An IOC with the records of a camera."""
    with channel_access() as (port,), Ioc(RECORDS, port, f"P={PREFIX}") as ioc:
        yield ioc


def ready(camera: Camera) -> bool:
    """Whether all that the camera knows is valid."""
    return all(a.alarm.severity is not Severity.INVALID for a in camera.attributes.values())


@contextmanager
def camera_process() -> Iterator[tuple[Process, Camera]]:
    """A Process with the camera CAM, once all its PVs are connected."""
    with Process() as process:
        camera = Camera("CAM", PREFIX)
        process.add(camera)
        eventually(lambda: ready(camera), "all PVs connected", 20.0)
        yield process, camera
