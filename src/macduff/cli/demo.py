"""`macduff demo`: a simulated laboratory, with nothing to write first."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from . import exits, logs
from .serving import Announce, Insecure, LogFormat, LogLevel, ReadOnly

if TYPE_CHECKING:
    from ..core import Process

__all__ = ["demo"]


def demo(
    *,
    host: Annotated[str, Parameter(help="where to listen")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="0 lets the system choose")] = 8008,
    all: Annotated[
        bool, Parameter(negative=(), help="on PVAccess, Channel Access and Tango too, on free ports")
    ] = False,
    announce: Announce = None,
    read_only: ReadOnly = False,
    insecure: Insecure = False,
    log_format: LogFormat = "text",
    log_level: LogLevel = "warning",
) -> int:
    """Serve a simulated laboratory until Ctrl-C; in the browser and for every other command."""
    from ..config.plan import ServerPlan
    from ..config.servers import check_bind
    from ..core import Process
    from .running import run_servers

    where = {"host": "--host", "port": "--port"}
    plans = [ServerPlan("web", host, port, read_only, insecure, where=where)]
    if all:
        plans += [ServerPlan(kind, host, 0, read_only, insecure, where=where) for kind in ("pva", "ca", "tango")]
    try:
        check_bind(plans[0])
    except ValueError as error:
        raise exits.Usage(f"--{error}") from None
    logs.configure(log_level or "warning", log_format or "text")

    def fill(process: Process) -> None:
        from ..devices.demo import demo_devices

        for device in demo_devices():
            process.add(device)

    return run_servers(Process("demo", report_stalls=True), fill, plans, announce, ready)


def ready(listening: dict[str, dict[str, Any]]) -> None:
    """Say where it is, and what to try."""
    address = listening["web"]["address"]
    websocket = listening["web"]["environment"]["MACDUFF_ADDRESS"]
    lines = [f"the demonstration laboratory is at {address} (stop it with Ctrl-C)"]
    if activate := _activate():
        lines.append(f"  source {activate}")
    if not address.endswith(":8008"):
        lines.append(f"  export MACDUFF_ADDRESS={websocket}")
    lines.append("  macduff list; macduff monitor X; macduff call X.move --target 2")
    lines.append(f"  python -c 'import macduff; print(macduff.connect(\"{websocket}\"))'")
    for kind in list(listening)[1:]:
        example = "/demo/macduff/det#dbase=no" if kind == "tango" else ", such as DET:exposure"
        lines.append(f"  {kind}: {listening[kind]['address']}{example}")
        lines += [f"    export {name}={value}" for name, value in listening[kind]["environment"].items()]
    exits.say("\n".join(lines))


def _activate() -> str:
    """What makes the commands below known to another terminal, if this one does not know them either: `make demo`."""
    script = Path(sys.prefix, "bin", "activate")
    if shutil.which("macduff") is not None or not script.is_file():
        return ""
    return shlex.quote(str(script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script))
