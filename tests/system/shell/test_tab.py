"""Tab in a terminal: from what is known in the shell, whatever the server is doing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.shell.conftest import Lab, Shell

pytestmark = pytest.mark.timeout(240)  # a busy machine takes long to start an IPython


@pytest.fixture
def mute(lab: Lab) -> Iterator[None]:
    """The server answers nothing: whatever asks it anything waits."""
    with lab.stopped():
        yield


@pytest.mark.parametrize(
    ("typed", "to"),
    [
        ("STAG", "STAGE"),
        ("STAGE.pos", "STAGE.position"),
        ("STAGE.mov", "STAGE.move"),
        ("STAGE.move(targ", "STAGE.move(target="),
        ("STAGE.move(1, rat", "STAGE.move(1, rate="),
        ('STAGE.mode = "fa', 'STAGE.mode = "fast"'),
        ("STAGE.mode == 'sl", "STAGE.mode == 'slow'"),
        ('STAGE.put(mode="fa', 'STAGE.put(mode="fast"'),
        ('STAGE.scale("t', 'STAGE.scale("two"'),
        ("STAGE.scale(by='o", "STAGE.scale(by='one'"),
        ("Cam", "Camera"),
        ('Camera("', 'Camera("CAM"'),
        ('Stage("BL', 'Stage("BL01:Y"'),
        ('Stage("BL01:Y").vel', 'Stage("BL01:Y").velocity'),
        ('devices["BL', 'devices["BL01:Y"'),
        ('devices["BL01:Y"].mov', 'devices["BL01:Y"].move'),
        ("devices.STAGE.heal", "devices.STAGE.health"),
        ('STAGE.attributes["velo', 'STAGE.attributes["velocity"'),
        ("STAGE.position.is_int", "STAGE.position.is_integer"),
        ("%lsd", "%lsdev"),
        ("lsdev BL", "lsdev BL01:Y"),
        ("mon add BL01:Y.vel", "mon add BL01:Y.velocity"),
    ],
)
@pytest.mark.usefixtures("mute")
def test_one_choice_is_put_in(shell: Shell, typed: str, to: str) -> None:
    shell.completes(typed, to)


@pytest.mark.parametrize(
    ("typed", "choices", "never"),
    [
        ("STAGE.", ("health", "position", "velocity", "mode", "move", "abort", "attributes"), ("exposure", "_mirror")),
        ("STAGE.move(", ("target=", "rate="), ("abs", "STAGE=")),
        ('STAGE.mode = "', ("slow", "fast"), ("README",)),
        ("STAGE.mode = ", ("slow", "fast"), ("abs",)),
        ("STAGE.put(", ("velocity=", "mode="), ("position=",)),
        ('Stage("', ("STAGE", "BL01:Y"), ("CAM",)),
        ('devices["', ("STAGE", "BL01:Y", "CAM"), ()),
    ],
)
@pytest.mark.usefixtures("mute")
def test_several_choices_are_shown(shell: Shell, typed: str, choices: tuple[str, ...], never: tuple[str, ...]) -> None:
    shell.offers(typed, *choices, never=never)


def test_devices_come_and_go_in_what_tab_offers(lab: Lab, shell: Shell) -> None:
    lab.tell("add Camera NEWCAM")
    try:
        shell.comes_to_complete('Camera("NE', 'Camera("NEWCAM"')
        shell.completes("NEWC", "NEWCAM")
        shell.completes("NEWCAM.expo", "NEWCAM.exposure")
    finally:
        lab.tell("remove NEWCAM")
    shell.comes_to_complete('Camera("', 'Camera("CAM"')
