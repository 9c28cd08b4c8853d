"""`--announce FILE`: where the servers listen, for the script that started them."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import exits

__all__ = ["announce", "check_announce", "withdraw"]


def check_announce(file: Path) -> None:
    """Usage when the file could not be written, known before anything is started."""
    folder = file.parent
    if not folder.is_dir():
        raise exits.Usage(f"--announce: expected a file in a folder that is there, got {str(file)!r}; make it first")
    if file.is_dir():
        raise exits.Usage(f"--announce: expected a file, got the folder {str(file)!r}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise exits.Usage(f"--announce: expected a folder that this user may write to, got {str(folder)!r}")


def announce(file: Path, servers: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the object in one step: whoever sees the file sees all of it. Failure when it cannot be written."""
    try:
        _write(file, servers)
    except OSError as error:
        raise exits.Failure(f"--announce: expected to write {str(file)!r}, got {error.strerror or error}") from error


def _write(file: Path, servers: Mapping[str, Mapping[str, Any]]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        os.fchmod(handle, 0o644)  # mkstemp's is for its owner alone
        with open(handle, "w", encoding="utf-8") as stream:
            json.dump(servers, stream, indent=1)
            stream.write("\n")
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def withdraw(file: Path) -> None:
    """Take away what a run wrote, this one or one that died."""
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
