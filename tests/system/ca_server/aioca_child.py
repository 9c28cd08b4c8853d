"""A client of Channel Access (libca, by aioca) in a process of its own: requests come as JSON lines, answers go so.

It knows of the server what its environment says and nothing else. {"id": 1, "do": "get", "pv": "X:position"}
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from typing import Any

import aioca  # type: ignore[import-untyped]  # it has no types
import numpy as np

FORMATS = {"raw": aioca.FORMAT_RAW, "time": aioca.FORMAT_TIME, "ctrl": aioca.FORMAT_CTRL}
EXTRAS = (
    "datatype", "element_count", "severity", "status", "timestamp", "units", "precision", "enums", "lower_ctrl_limit",
    "upper_ctrl_limit", "lower_disp_limit", "upper_disp_limit", "lower_alarm_limit", "upper_alarm_limit",
    "lower_warning_limit", "upper_warning_limit",
)  # fmt: skip
_monitors: dict[str, Any] = {}


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return +value if isinstance(value, (float, int)) else str(value)


def shown(value: Any) -> dict[str, Any]:
    if not value.ok:
        return {"ok": False, "code": value.errorcode}
    extras = {name: plain_extra(getattr(value, name)) for name in EXTRAS if hasattr(value, name)}
    return {"ok": True, "value": plain(value), **extras}


def plain_extra(value: Any) -> Any:
    return value if isinstance(value, (str, list, tuple)) else plain(value)


async def get(pv: str, format: str = "raw", **options: Any) -> dict[str, Any]:
    return shown(await aioca.caget(pv, format=FORMATS[format], timeout=options.pop("timeout", 5), **options))


async def put(pv: str, value: Any, wait: bool = True, **options: Any) -> dict[str, Any]:
    await aioca.caput(pv, value, wait=wait, timeout=options.pop("timeout", 10), **options)
    return {}


async def info(pv: str) -> dict[str, Any]:
    found = await aioca.cainfo(pv, timeout=5)
    return {"read": found.read, "write": found.write, "datatype": found.datatype, "count": found.count}


async def monitor(pv: str, name: str = "", format: str = "time", **options: Any) -> dict[str, Any]:
    name = name or pv
    _monitors[name] = aioca.camonitor(
        pv,
        lambda value: say({"monitor": name, **shown(value)}),
        format=FORMATS[format],
        notify_disconnect=True,
        all_updates=True,
        **options,
    )
    return {}


async def close(name: str) -> dict[str, Any]:
    _monitors.pop(name).close()
    return {}


async def flood(pv: str, count: int) -> dict[str, Any]:
    """So many puts at once; how many were done, and what the others were told."""
    puts = (aioca.caput(pv, float(number), wait=True, timeout=20, throw=False) for number in range(count))
    results = await asyncio.gather(*puts)
    return {"done": sum(1 for result in results if result.ok), "refused": [r.errorcode for r in results if not r.ok]}


async def serve(request: dict[str, Any]) -> None:
    number, do = request.pop("id"), request.pop("do")
    try:
        answer = await globals()[do](**request)
    except (aioca.CANothing, Exception) as error:
        code = getattr(error, "errorcode", None)
        answer = {"error": type(error).__name__, "code": error.args[0] if code is None else code}
    say({"id": number, **answer})


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()
    say({"ready": True})
    while line := await reader.readline():
        task = asyncio.create_task(serve(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    aioca.purge_channel_caches()


if __name__ == "__main__":
    asyncio.run(main())
