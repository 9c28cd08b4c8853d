"""CPU time of a process by the names of its threads, where Linux tells it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

__all__ = ["cpu_by_thread"]


def cpu_by_thread(pid: int) -> Counter[str]:
    """Seconds that each of its present threads has used; those of one name together. Names have 15 characters."""
    found: Counter[str] = Counter()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            name = (task / "comm").read_text().strip()
            found[name] += int((task / "schedstat").read_text().split()[0]) / 1e9  # type: ignore[assignment]  # a Counter of seconds
        except OSError:
            continue  # it has just ended
    return found
