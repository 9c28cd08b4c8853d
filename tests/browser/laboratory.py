"""A laboratory for a browser to look at: `macduff demo` or `serve` in a process of its own, on a port that stays.

It can be killed under an open page and started again. What a test asks of it goes over HTTP, so that the test sees the
other end of what the page did.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.support import eventually, free_port, random_name

__all__ = ["Laboratory"]

COMMAND = "import sys; from macduff.cli import main; sys.exit(main())"
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Laboratory:
    """Runs while `running`; `folder` holds its module of devices, its configuration and its log."""

    def __init__(self, folder: Path, devices: str = "", configuration: str = "", *options: str) -> None:
        """The demonstration; or with `devices`, the source of a module, those that `configuration` (YAML list) names.

        The module is called `lab`: `- {class: lab.Stage, name: STAGE}`. Further options go to the command.
        """
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._expected: list[str] = []
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        if devices:
            (folder / "lab.py").write_text(devices, encoding="utf-8")
            (folder / "lab.yaml").write_text(
                f"servers: {{web: {{port: {self.port}}}}}\ndevices:\n{configuration}\n", encoding="utf-8"
            )
            self._arguments = ["serve", str(folder / "lab.yaml"), *options]
        else:
            self._arguments = ["demo", "--port", str(self.port), *options]

    # life

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start it; returns when it listens."""
        assert self._process is None, "it runs"
        announced = self._folder / random_name("announced")
        with self._log().open("ab") as log:
            process = self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, *self._arguments, "--announce", str(announced)],
                cwd=self._folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(lambda: announced.exists() or process.poll() is not None, "it announces itself", 30)
        if process.poll() is not None:
            self._process = None
            raise AssertionError(f"the laboratory did not start: {self.log()}")

    def kill(self) -> None:
        """As when its machine loses power."""
        process, self._process = self._process, None
        assert process is not None, "it does not run"
        process.kill()
        process.wait()

    def close(self) -> None:
        """Stop it as a user does. Raises when it does not end well, or logged an error of its own."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                code = process.wait(20)
            finally:
                process.kill()
                process.wait()
            assert code == 0, f"the laboratory ended with {code}: {self.log()}"
        log = self.log()
        assert "Traceback" not in log or any(text in log for text in self._expected), log

    def may_log(self, text: str) -> None:
        """An error with this text belongs to the test."""
        self._expected.append(text)

    def log(self) -> str:
        """All that it printed."""
        path = self._log()
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _log(self) -> Path:
        return self._folder / "log.txt"

    # the other end

    def get(self, path: str) -> object:
        """The value of DEVICE/ATTRIBUTE."""
        return json.loads(self._ask("GET", f"/api/{path}/value"))

    def put(self, path: str, value: object) -> None:
        self._ask("PUT", f"/api/{path}", value)

    def call(self, path: str, **parameters: object) -> object:
        """Call DEVICE/METHOD, and what it returned."""
        return json.loads(self._ask("POST", f"/api/{path}", parameters) or "null")

    def count(self, name: str) -> int:
        """One of the numbers of /metrics, such as `subscriptions`."""
        for line in self._ask("GET", "/metrics").splitlines():
            if line.startswith(f"macduff_{name} "):
                return int(line.split()[1])
        raise KeyError(name)

    def _ask(self, verb: str, path: str, body: object = None) -> str:
        data = None if verb == "GET" else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=verb)
        try:
            with NO_PROXY.open(request, timeout=20) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{verb} {path}: {error.code}: {error.read().decode()}") from None
