"""`macduff shell -c`: what it prints where, and how it ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.system.shell.conftest import MACDUFF, Lab, Shells

pytestmark = pytest.mark.timeout(240)  # a busy machine takes long to start an IPython


def run(shells: Shells, *tokens: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [*MACDUFF, *tokens], env={**os.environ, **shells.environment, **environment},
        capture_output=True, text=True, timeout=50, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "exit", "output", "error"),
    [
        ("print(STAGE.move(0.5))", 0, "0.5\n", ""),
        ("lstype Camera", 0, "CAM", ""),
        ("STAGE.velocity = 700", 1, "", "BadValue: STAGE.velocity: expected a value from 0.01 to 5 mm/s, got 700.0"),
        ("STAGE.fail()", 1, "", "DeviceFailed: STAGE.fail: RuntimeError: the belt is torn"),
        ("STAGE.velocty", 1, "", "did you mean 'velocity'?"),
        ("1 / 0", 1, "", "ZeroDivisionError"),
        ("1 +", 1, "", "SyntaxError"),
        ("raise SystemExit(7)", 7, "", ""),
        ("switch ws://127.0.0.1:1", 3, "", "expected a server, got none"),
        ("STAGE.attributes['velocity'].wait_for(77, timeout=0)", 4, "", "TimedOut"),
        ("raise KeyboardInterrupt", 130, "", ""),
    ],
)
def test_a_command(lab: Lab, shells: Shells, code: str, exit: int, output: str, error: str) -> None:
    ended = run(shells, lab.address, "-c", code)
    assert ended.returncode == exit, ended
    assert output in ended.stdout and error in ended.stderr
    assert ended.stdout == "" or output, "data on standard output, what went wrong on standard error"
    assert "\x1b" not in ended.stdout + ended.stderr, "no colours where there is no terminal"


def test_the_address_of_the_environment(lab: Lab, shells: Shells) -> None:
    assert run(shells, "-c", "print(CAM.exposure)", MACDUFF_ADDRESS=lab.address).stdout == "0.1\n"


def test_no_server_and_no_address(shells: Shells) -> None:
    ended = run(shells, "ws://127.0.0.1:1", "-c", "1")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("macduff: ws://127.0.0.1:1: expected a server, got none")
    ended = run(shells, "ftp://here", "-c", "1")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("macduff: address: expected an address such as")


def test_without_ipython_it_says_what_to_install() -> None:
    script = "import sys; sys.modules['IPython'] = None; from macduff.cli import main; sys.exit(main(['shell']))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "macduff: the shell needs IPython, which is not installed: pip install 'macduff[shell]'\n"
