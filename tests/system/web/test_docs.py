"""The `curl` examples of the documentation are run, in order, against a stage; answers must be as printed there."""

from __future__ import annotations

import json
import re
import shlex
import time
import urllib.error
import urllib.request
from pathlib import Path

from macduff.core import Attribute, Device, Process, publish_method
from macduff.limits import DEFAULTS
from macduff.servers.web import WebServer
from macduff.values import VDouble

DOCS = Path(__file__).parents[3] / "docs"


class Stage(Device):
    """A linear stage."""

    position = Attribute(VDouble(units="mm", precision=4), 0.5, "Where it is")
    velocity = Attribute(VDouble(units="mm/s", control=(0.01, 5)), 1.0, "How fast it goes", writable=True)

    @publish_method
    def move(self, target: float) -> float:
        """Go to target (mm) and return where it ended (mm)."""
        self.wait(0.05)
        self.position.update(target)
        return self.position.value


def curl(command: str) -> tuple[int, str]:
    """A curl command, carried out without curl."""
    words = shlex.split(command)[1:]
    verb, body = "GET", None
    while len(words) > 1:
        option, value = words.pop(0), words.pop(0)
        assert option in ("-X", "-d"), command
        verb, body = (value, body) if option == "-X" else (verb, value.encode())
    request = urllib.request.Request(words[0], data=body, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def examples(page: str) -> list[tuple[str, str]]:
    """Each command of a page with what it prints."""
    blocks = re.findall(r"```console\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    found = re.findall(r"^\$ (curl .*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)
    return [(command, printed.strip()) for command, printed in found]


def test_the_examples_are_true() -> None:
    commands = examples("how-to/http.md")
    assert len(commands) >= 8
    outcome = ""
    with Process() as process, WebServer(process, port=0) as server:
        process.add(Stage("STAGE"))
        for command, printed in commands:
            here = command.replace("http://127.0.0.1:8008", server.address).replace("/api/outcomes/...", outcome)
            status, answer = curl(here)
            while status == 202 and "wait=false" not in command:
                time.sleep(0.01)
                status, answer = curl(here)
            if "..." in printed:
                outcome = json.loads(answer)["outcome"]
                answer = answer.replace(outcome, "/api/outcomes/...")
            assert answer == printed, command


def test_the_limits_that_the_reference_tells_are_the_defaults() -> None:
    text = (DOCS / "reference/http.md").read_text()
    section = text[text.index("## Limits") :]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    units = {"": 1, "KiB": 2**10, "MiB": 2**20, "s": 1}
    assert len(rows) >= 10
    for name, shown in rows:
        found = re.fullmatch(r"([\d ]+?) ?([A-Za-z]*) ?", shown)
        assert found, shown
        number, unit = found.groups()
        assert getattr(DEFAULTS, name) == int(number.replace(" ", "")) * units[unit], name
