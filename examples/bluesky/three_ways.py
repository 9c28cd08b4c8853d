"""`call_in_bluesky_event_loop`, `await` and `yield from`, each where it belongs and where it does not.

python three_ways.py ws://127.0.0.1:8008/X
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

import bluesky.plan_stubs as bps
from bluesky import RunEngine
from bluesky.run_engine import call_in_bluesky_event_loop

from macduff.bluesky import MacduffDevice


def right(x: Any, run: Callable[[Any], Any]) -> None:
    async def in_a_coroutine() -> str:
        await x.set(0.25)
        return f"await: x is at {await x.position.get_value()}"

    def in_a_plan() -> Any:
        yield from bps.mv(x, 0.5)
        position = yield from bps.rd(x.position)
        print(f"yield from: x is at {position}")
        (coroutine,) = yield from bps.wait_for([in_a_coroutine])
        print(f"yield from bps.wait_for: {coroutine.result()}")

    run(bps.mv(x, 1))
    print(f"call_in_bluesky_event_loop: x is at {call_in_bluesky_event_loop(x.position.get_value())}")
    run(in_a_plan())


def wrong_outside(x: Any) -> None:
    told("x.position.get_value()", lambda: x.position.get_value())
    told("x.velocity.set(3)", lambda: x.velocity.set(3))
    told("bps.mv(x, 1)", lambda: bps.mv(x, 1))
    told("await x.position.get_value()", lambda: compile("await x.position.get_value()", "", "exec"))


def wrong_in_a_plan(x: Any, run: Callable[[Any], Any]) -> None:
    def waits_for_its_own_loop() -> Any:
        call_in_bluesky_event_loop(x.position.get_value(), timeout=0.5)  # without timeout: for ever
        yield from bps.null()

    def forgets_to_yield() -> Any:
        bps.mv(x, 1)
        yield from bps.null()

    def yields_a_coroutine() -> Any:
        yield from x.position.get_value()

    async def is_a_coroutine() -> None:
        await x.set(1)

    async_plan = is_a_coroutine()

    told("call_in_bluesky_event_loop(x.position.get_value(), timeout=0.5)", lambda: run(waits_for_its_own_loop()))
    told("bps.mv(x, 1)", lambda: run(forgets_to_yield()))
    told("yield from x.position.get_value()", lambda: run(yields_a_coroutine()))
    told("async def plan()", lambda: run(async_plan))
    async_plan.close()


def wrong_in_a_coroutine(x: Any) -> None:
    async def waits_for_its_own_loop() -> None:
        call_in_bluesky_event_loop(x.position.get_value(), timeout=0.5)

    async def awaits_a_plan() -> None:
        plan: Any = bps.mv(x, 1)
        await plan

    told("call_in_bluesky_event_loop(x.position.get_value(), timeout=0.5)",
         lambda: call_in_bluesky_event_loop(waits_for_its_own_loop()))  # fmt: skip
    told("await bps.mv(x, 1)", lambda: call_in_bluesky_event_loop(awaits_a_plan()))
    told("yield from bps.mv(x, 1)", lambda: compile("async def f():\n    yield from bps.mv(x, 1)", "", "exec"))


def told(what: str, function: Callable[[], Any]) -> None:
    """Print what comes of it: an error, or a warning that nothing has happened."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            function()
            outcome = "no complaint"
        except SyntaxError as error:
            outcome = f"SyntaxError: {error.msg}"
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}".removesuffix(": ")
        gc.collect()  # Python complains of what was forgotten when it throws it away
        if outcome == "no complaint" and warned:
            outcome = str(warned[0].message).splitlines()[-1].removeprefix("RuntimeWarning: ")
        warned.clear()
    print(f"  {what}\n      {outcome}")


def main(address: str) -> None:
    print("no RunEngine")
    told("call_in_bluesky_event_loop(asyncio.sleep(0))", lambda: call_in_bluesky_event_loop(asyncio.sleep(0)))
    RE = RunEngine({})
    logging.getLogger("bluesky").setLevel(logging.CRITICAL)  # it logs each plan that fails
    x = MacduffDevice(address, "x")
    call_in_bluesky_event_loop(x.connect())
    print()
    right(x, RE)
    print("\noutside of plans and coroutines")
    wrong_outside(x)
    print("\nin a plan")
    wrong_in_a_plan(x, RE)
    print("\nin a coroutine")
    wrong_in_a_coroutine(x)
    call_in_bluesky_event_loop(x.disconnect())


if __name__ == "__main__":
    main(sys.argv[1])
