"""What can be awaited in PyTango's asyncio mode, and where: python tango_asyncio.py DEVICE"""

# pyright: reportGeneralTypeIssues=false, reportCallIssue=false
# PyTango's hints know no asyncio mode.
from __future__ import annotations

import asyncio
import inspect
import re
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import tango
from tango.asyncio import DeviceProxy
from tango.asyncio_executor import AsyncioExecutor

GROUPS = {
    "values": r"^(read|write)_(read_)?attributes?$|^stat(e|us)$|attribute_history",
    "commands": r"^command_inout(_raw)?$|command_history",
    "what there is": r"_config(_ex)?$|_query(_ex)?$|get_(attribute|command)_list",
    "events": r"event",
    "properties": r"property",
    "asking now, fetching later": r"asynch|reply",
    "polling": r"poll",
    "locking": r"lock(?!.*box)",
    "logging": r"^(?!.*telemetry).*logging",
    "OpenTelemetry": r"telemetry",
    "settings of the proxy": r"^set_|dynamic_interface|_cache(_enabled)?$|get_(green|source|timeout|trans|access)",
    "the device": r"",
}
"""What a call is about: the first that fits its name."""
ASKED: dict[str, tuple[Any, ...]] = {
    "read_attribute": ("Position",),
    "read_attributes": (["Position", "Velocity"],),
    "write_attribute": ("Velocity", 10.0),
    "write_attributes": ([("Velocity", 10.0)],),
    "write_read_attribute": ("Velocity", 10.0),
    "command_inout": ("Double", 2.0),
    "get_attribute_config": ("Position",),
    "attribute_query": ("Position",),
    "command_query": ("Stop",),
    "black_box": (1,),
} | {name: () for name in (
    "state status ping info name dev_name adm_name description get_fqdn get_dev_host get_dev_port get_attribute_list "
    "get_command_list attribute_list_query attribute_list_query_ex command_list_query get_command_config"
).split()}  # fmt: skip
"""Calls that are made as they are meant. The others get more arguments than they can take, and do nothing."""


async def can_be_awaited(proxy: Any, name: str) -> bool:
    """Make the call, and look at what it gives."""
    try:
        given = getattr(proxy, name)(*ASKED.get(name, (None,) * 9))
    except Exception:  # a call that cannot be awaited complains of its arguments at once
        assert name not in ASKED
        return False
    if not inspect.isawaitable(given):
        return False
    try:
        await given
    except Exception:  # the other one when it is awaited
        assert name not in ASKED
    return True


async def table(proxy: Any) -> None:
    methods = [name for name in dir(tango.DeviceProxy) if name[0] != "_" and callable(getattr(proxy, name))]
    cells = {about: {True: list[str](), False: list[str]()} for about in GROUPS}
    for name in methods:
        about = next(about for about, pattern in GROUPS.items() if re.search(pattern, name))
        cells[about][await can_be_awaited(proxy, name)].append(f"`{name}`")
    print("| about | can be awaited | cannot |\n|---|---|---|")
    for about, names in cells.items():
        print(f"| {about} | {', '.join(names[True])} | {', '.join(names[False])} |")


async def meanwhile(proxy: Any) -> None:
    """Whether the loop does anything else while the device answers."""
    for name in ("ping", "info"):
        ran: list[str] = []
        asyncio.get_running_loop().call_soon(ran.append, "the loop went on")
        given = getattr(proxy, name)()
        if inspect.isawaitable(given):
            await given
        print(f"{name}: {ran[0] if ran else 'the loop stood still'}")


async def by_name(proxy: Any) -> None:
    """Attributes and commands as if they were Python's."""
    print("proxy.Velocity:", type(reading := proxy.Velocity).__name__, await reading)
    print("proxy.Double(2.0):", type(answer := proxy.Double(2.0)).__name__, await answer)
    proxy.Velocity = 10.0
    print("proxy.Velocity = 10.0: nothing to await")


async def plainly(name: str) -> str:
    """What everybody writes first."""
    proxy: Any = await DeviceProxy(name)
    return await velocity(proxy)


async def with_executor(name: str) -> str:
    """The executor is made where the waiting is done, and given to the proxy."""
    executor = AsyncioExecutor(asyncio.get_running_loop())
    making = executor.delegate(tango.DeviceProxy, name, green_mode=tango.GreenMode.Asyncio, asyncio_executor=executor)
    return await velocity(await making)


async def velocity(proxy: Any) -> str:
    return f"{(await proxy.read_attribute('Velocity')).value}"


def said(work: Coroutine[Any, Any, str]) -> str:
    """What comes of it, in a loop of its own."""
    try:
        return asyncio.run(work)
    except (TypeError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"


def in_a_thread(function: Callable[[], str]) -> str:
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join()
    return answers[0]


async def first(name: str) -> Any:
    proxy = await DeviceProxy(name)
    for part in (table, meanwhile, by_name):
        await part(proxy)
        print()
    print("in the first loop:", await velocity(proxy))
    return proxy


def main(name: str) -> None:
    proxy = asyncio.run(first(name))
    print("in another thread, without a loop:", in_a_thread(lambda: type(proxy.read_attribute("Velocity")).__name__))
    print("in another thread's loop:", in_a_thread(lambda: said(plainly(name))))
    print("in a later loop of the first thread:", said(plainly(name)))
    print("in another thread's loop, with an executor:", in_a_thread(lambda: said(with_executor(name))))
    print("in a later loop of the first thread, with an executor:", said(with_executor(name)))


if __name__ == "__main__":
    main(sys.argv[1])
