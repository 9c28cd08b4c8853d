"""The yardstick on PVAccess: p4p's own server, as anybody would write it."""

from __future__ import annotations

import json
import time
from typing import Any

from p4p.nt import NTScalar
from p4p.server import Server, StaticProvider
from p4p.server.thread import SharedPV

from .ticker import Ticker


class Put:
    def put(self, pv: SharedPV, operation: Any) -> None:
        pv.post(float(operation.value()), timestamp=time.time())
        operation.done()


class Call:
    def rpc(self, pv: SharedPV, operation: Any) -> None:
        operation.done(TICKED)


KIND = NTScalar("d", display=True, control=True, valueAlarm=True)
TICKED = NTScalar("l").wrap(1)


def main() -> None:
    reading, target = SharedPV(nt=KIND, initial=0.0), SharedPV(nt=KIND, initial=0.0, handler=Put())
    tick = SharedPV(nt=NTScalar("l"), initial=0, handler=Call())
    provider = StaticProvider("bench")
    for name, pv in (("reading", reading), ("target", target), ("tick", tick)):
        provider.add(f"BENCH:{name}", pv)
    with Server([provider], isolate=True) as server:
        print(json.dumps({"conf": server.conf()}), flush=True)
        Ticker(lambda count: reading.post(float(count), timestamp=time.time())).follow_stdin()


if __name__ == "__main__":
    main()
