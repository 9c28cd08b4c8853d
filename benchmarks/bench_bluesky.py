"""Bluesky plans: macduff's Tango devices beside ophyd-async's own on the same server, and beside signals in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .control.process import Served
from .measuring import Figure, Options

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0
"""Seconds after which a client counts as stalled."""
TRIES = 4
WHO = ("ours", "theirs", "cached", "soft")
_Run = dict[str, float]


def measure(options: Options) -> list[Figure]:
    """The figures."""
    points, moves = options.size(100, 5), options.size(3000, 5)
    found: dict[str, list[_Run]] = {who: [] for who in WHO}
    stalls: dict[str, int] = dict.fromkeys(WHO, 0)
    with Served([sys.executable, "-m", "benchmarks.bluesky.server"]) as server:
        port = server.told["port"]
        for _ in range(options.rounds):
            for who in WHO:
                found[who].append(_run(who, port, points, 0, stalls))
        moving = _run("ours", port, points, moves, stalls)
    return [*_figures(found, stalls), _moves(moving, stalls["ours"])]


def _run(who: str, port: int, points: int, moves: int, stalls: dict[str, int]) -> _Run:
    """One client in a process of its own; one that stalls is told, and begun again."""
    command = [sys.executable, "-m", "benchmarks.bluesky.client", who, str(port), str(points), str(moves)]
    for _ in range(TRIES):
        try:
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE + 0.1 * moves, check=False
            )
        except subprocess.TimeoutExpired:
            stalls[who] += 1
            continue
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if lines:  # PyTango may crash when the interpreter ends, which is after this
            told: _Run = json.loads(lines[-1])
            return told
        if "TimeoutError" not in done.stderr:
            raise RuntimeError(f"{' '.join(command)}: expected figures, got {done.stderr[-2000:]}")
        stalls[who] += 1
    raise RuntimeError(f"{' '.join(command)}: expected figures, got {TRIES} stalls")


def _figures(found: dict[str, list[_Run]], stalls: dict[str, int]) -> list[Figure]:
    ours, theirs, cached, soft = (found[who] for who in WHO)
    note = f"stalled runs: ours {stalls['ours']}, ophyd-async {stalls['theirs'] + stalls['cached']}"
    return [
        _ratio("connecting 11 devices, beside ophyd-async", "connect", ours, theirs, 1.0),
        _ratio("CPU of a point of count (8 signals), beside ophyd-async", "count_cpu", ours, theirs, 1.0),
        _ratio("time of a point of count, beside ophyd-async", "count", ours, theirs),
        _ratio("time of a point of count, beside its signals kept by events", "count", ours, cached),
        _ratio("time of a point of count, beside soft signals", "count", ours, soft),
        _ratio("CPU of a point of scan (one motor), beside ophyd-async", "scan_cpu", ours, theirs, 1.0, note),
        _ratio("time of a point of scan, beside ophyd-async", "scan", ours, theirs),
        _ratio("time of a point of scan, beside a soft signal", "scan", ours, soft),
    ]


def _ratio(
    name: str, key: str, ours: Sequence[_Run], other: Sequence[_Run], target: float | None = None, note: str = ""
) -> Figure:
    ratios = [a[key] / b[key] for a, b in zip(ours, other, strict=True)]
    parts = {"ours ms": _median(ours, key), "other ms": _median(other, key)}
    return Figure.of(name, "x", ratios, target, parts=parts, note=note)


def _median(runs: Sequence[_Run], key: str) -> float:
    """In milliseconds."""
    values = sorted(run[key] for run in runs)
    return values[len(values) // 2] * 1e3


def _moves(run: _Run, stalls: int) -> Figure:
    parts = {"moves": run["moves"], "longest ms": run["longest"] * 1e3}
    return Figure.of("a move of a motor, of so many in a row", "ms", [run["move"] * 1e3], parts=parts,
                     note=f"stalled runs: {stalls}")  # fmt: skip
