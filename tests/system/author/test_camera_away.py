"""The camera of the documentation when its IOC dies in the middle of a run."""

from __future__ import annotations

from macduff import DState, Severity
from tests.support import eventually
from tests.support.play import Client, Inbox
from tests.system.author.cameras import camera_ioc, camera_process, ready


def test_an_ioc_that_dies_ends_the_run_and_comes_back() -> None:
    """Rule 18, design 8: an Error to the caller, Fault, INVALID with the reason; it heals alone."""
    with camera_ioc() as ioc, camera_process() as (process, camera):
        client, inbox, view = Client(process), Inbox(process), process.view("CAM")
        process.listen(inbox, "CAM", "completed_steps")
        view.configure(exposure=0.05, frames=1000)
        run = client.call("CAM", "run")
        inbox.until(lambda _: camera.completed_steps.value >= 2)
        ioc.kill()
        eventually(lambda: camera.counter.alarm.severity is Severity.INVALID, "the counter INVALID", 20.0)
        assert run.kind() in ("TimedOut", "Unreachable")
        assert view.state is DState.Fault
        ioc.start()
        eventually(lambda: ready(camera), "all PVs connected again", 30.0)
        view.reset()
        view.configure(exposure=0.01, frames=3)
        view.run()
        assert (view.completed_steps, view.state) == (3, DState.Ready)
