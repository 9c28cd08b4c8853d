"""`--announce FILE`: where the servers listen, for the script that started them."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["announce", "withdraw"]


def announce(file: Path, servers: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the object in one step: whoever sees the file sees all of it."""
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
