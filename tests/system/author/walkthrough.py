"""Does what a page of the documentation tells its reader to do: its files, its commands, its Python.

What a page may hold: a `python` or `yaml` block behind a line that ends in "`NAME`:" is a file, another `python` block
a program. In a block without a language, a line that begins with `$ ` is a command, and what stands below is what it
prints. The comment of a command says how it ends: "refused" or "exit code 1"; "listens" (stays until the end of the
page); "meanwhile", or a trailing `&` (the next ones come while it runs). A call that an abort of its device follows
runs meanwhile, too. A monitor is ended with Ctrl-C after its first line.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from macduff import connect
from tests.support import eventually, free_port

__all__ = ["Reader"]

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w.]+\.(?:py|yaml))`[^`\n]*:\s*$")
PATIENCE = 60.0


@dataclass
class Command:
    """A line of a page."""

    line: str
    comment: str = ""
    prints: list[str] = field(default_factory=list)

    @property
    def meanwhile(self) -> bool:
        return "meanwhile" in self.comment or self.line.endswith("&")

    @property
    def words(self) -> list[str]:
        return self.line.removesuffix("&").split()

    @property
    def code(self) -> int:
        return 1 if "refused" in self.comment or "exit code 1" in self.comment else 0


class Reader:
    """Somebody with a folder of their own, who does what pages say; `done` is how many commands that were."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done = 0
        self.ports: dict[str, str] = {}
        self.server: subprocess.Popen[str] | None = None
        self.lasting: list[subprocess.Popen[str]] = []
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "MACDUFF_ADDRESS": self.own("ws://127.0.0.1:8008"),
        }

    def own(self, text: str) -> str:
        """The text with ports of our own, so that several pages can be read on one machine."""
        for port in re.findall(r"\b(8008|5025)\b", text):
            self.ports.setdefault(port, str(free_port()))
        for port, ours in self.ports.items():
            text = text.replace(port, ours)
        return text

    def read(self, page: Path) -> None:
        """Do everything that the page says, in order."""
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            language, content = found[1], self.own(found[2])
            name = FILE.search(text[: found.start()].rstrip())
            if language in ("python", "yaml") and name is not None:
                (self.folder / name[1]).write_text(content, encoding="utf-8")
            elif language == "python":
                self.run(Command("python -c ..."), [sys.executable, "-c", content])
            elif not language:
                self.session(content)

    def session(self, content: str) -> None:
        """The commands of one block."""
        commands: list[Command] = []
        for line in content.splitlines():
            if line.startswith("$ "):
                words, _, comment = line[2:].partition("  #")
                commands.append(Command(words.strip(), comment))
            elif commands and line.strip():
                commands[-1].prints.append(line)
        pending: list[tuple[Command, subprocess.Popen[str]]] = []
        for number, command in enumerate(commands):
            self.done += 1
            if command.words[:2] == ["macduff", "call"]:
                device = command.words[2].partition(".")[0]
                ended = self.aborts_next(device, commands[number + 1 :])
                if ended or command.meanwhile:
                    command.comment += " exit code 1" if ended else ""
                    pending.append((command, self.begin(command.words)))
                    self.until_running(device)
                    continue
            self.do(command)
        for command, process in pending:
            self.end(command, process)

    @staticmethod
    def aborts_next(device: str, later: list[Command]) -> bool:
        """Whether what is called of the device next is abort."""
        calls = [command.words[-1] for command in later if f" {device}." in command.line]
        return calls[:1] == [f"{device}.abort"]

    def do(self, command: Command) -> None:
        """One command that the next one waits for."""
        words = command.words
        if words[0] == "source":
            return
        if words[:2] == ["macduff", "serve"]:
            self.serve(command)
        elif words[:2] == ["macduff", "monitor"]:
            self.interrupt(command)
        elif "listens" in command.comment:
            self.lasting.append(self.begin(words))
            self.first_line(self.lasting[-1])
        elif words[0] == "curl":
            with urllib.request.urlopen(words[1], timeout=PATIENCE) as answer:
                assert answer.status == 200
        else:
            self.run(command, words)

    def begin(self, words: list[str]) -> subprocess.Popen[str]:
        if words[0] in ("python", "macduff"):
            words = [sys.executable, *(["-m", "macduff"] if words[0] == "macduff" else []), *words[1:]]
        return subprocess.Popen(
            words, cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, command: Command, words: list[str]) -> None:
        self.end(command, self.begin(words))

    @staticmethod
    def end(command: Command, process: subprocess.Popen[str]) -> None:
        """It ends by itself, as the page says."""
        out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == command.code, f"{command.line}: exit code {process.returncode}: {out}{errors}"
        if command.prints:
            assert out.splitlines() == command.prints, f"{command.line}: {out}"

    def interrupt(self, command: Command) -> None:
        """A monitor goes on until Ctrl-C, once it has said something."""
        process = self.begin(command.words)
        self.first_line(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, 130), f"{command.line}: exit code {process.returncode}: {errors}"

    @staticmethod
    def first_line(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stdout.readline(), "it said nothing"

    def serve(self, command: Command) -> None:
        """A server, until the next one or the end."""
        self.stop()
        announced = self.folder / "announced.json"
        announced.unlink(missing_ok=True)
        self.server = self.begin([*command.words, "--announce", announced.name])
        deadline = time.monotonic() + PATIENCE
        while not announced.exists():
            if self.server.poll() is not None or time.monotonic() > deadline:
                self.server.kill()
                raise AssertionError(f"{command.line}: {self.server.communicate()}")
            time.sleep(0.01)
        assert json.loads(announced.read_text())

    def until_running(self, device: str) -> None:
        """The command in the background has begun: its device says so."""
        with connect(self.environment["MACDUFF_ADDRESS"]) as client:
            eventually(lambda: client[device].state == "Running", f"{device} runs", PATIENCE)

    def stop(self) -> None:
        """End the server with Ctrl-C; it must end in order."""
        if self.server is not None:
            server, self.server = self.server, None
            server.send_signal(signal.SIGINT)
            _, errors = server.communicate(timeout=PATIENCE)
            assert server.returncode == 130, errors

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for process in self.lasting:
            process.terminate()
            process.communicate(timeout=PATIENCE)
        try:
            self.stop()
        except AssertionError:
            if kind is None:  # else the first error is the one to tell
                raise
