"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from .measuring import Figure

__all__ = ["RESULTS", "keep", "table"]

RESULTS = Path(__file__).parent / "results" / "latest.json"


def keep(file: Path, name: str, figures: Iterable[Figure]) -> None:
    """Put one benchmark's figures into the file; those of the others stay."""
    known = json.loads(file.read_text()) if file.exists() else {}
    machine = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        **{package: version(package) for package in ("aiohttp", "msgspec", "numpy")},
    }
    known[name] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "figures": [{**asdict(figure), "met": figure.met} for figure in figures],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=1) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """Name, median, extremes, target, and what the figure is made of."""
    rows = [("", "median", "min .. max", "target", "")]
    for figure in figures:
        unit = f" {figure.unit}" if figure.unit else ""
        sign = "<=" if figure.at_most else ">="
        target = "" if figure.target is None else f"{sign} {_short(figure.target)}{'' if figure.met else ' MISSED'}"
        parts = ", ".join(f"{name} {_short(value)}" for name, value in figure.parts.items())
        more = "; ".join(text for text in (parts, figure.note) if text)
        extremes = f"{_short(figure.low)} .. {_short(figure.high)}"
        rows.append((figure.name, _short(figure.value) + unit, extremes, target, more))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in rows
    )


def _short(value: float) -> str:
    """Three figures, and no exponent."""
    if abs(value) >= 100:
        return f"{value:_.0f}"
    return f"{value:.3g}"
