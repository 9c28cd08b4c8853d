"""What `macduff demo` says, once it listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from macduff.cli.demo import ready

WEB = {"web": {"address": "http://127.0.0.1:8008", "environment": {"MACDUFF_ADDRESS": "ws://127.0.0.1:8008"}}}


def test_it_says_where_its_command_is_to_whoever_could_not_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `make demo` the other terminals know no macduff yet."""
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "activate").touch()
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", str(tmp_path))
    ready(WEB)
    assert f"  source {folder / 'activate'}\n" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    ready(WEB)
    assert "  source .venv/bin/activate\n  macduff list" in capsys.readouterr().err
    command = tmp_path / "macduff"
    command.touch()
    command.chmod(0o755)
    ready(WEB)
    assert "source" not in capsys.readouterr().err
