"""`macduff demo`: a simulated laboratory, with nothing to write first."""

from __future__ import annotations

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

    plan = ServerPlan("web", host, port, read_only, insecure, where={"host": "--host", "port": "--port"})
    try:
        check_bind(plan)
    except ValueError as error:
        raise exits.Usage(f"--{error}") from None
    logs.configure(log_level or "warning", log_format or "text")

    def fill(process: Process) -> None:
        from ..devices.demo import demo_devices

        for device in demo_devices():
            process.add(device)

    return run_servers(Process(report_stalls=True), fill, [plan], announce, ready)


def ready(listening: dict[str, dict[str, Any]]) -> None:
    """Say where it is, and what to try."""
    address = listening["web"]["address"]
    websocket = listening["web"]["environment"]["MACDUFF_ADDRESS"]
    lines = [f"the demonstration laboratory is at {address} (stop it with Ctrl-C)"]
    if not address.endswith(":8008"):
        lines.append(f"  export MACDUFF_ADDRESS={websocket}")
    lines.append("  macduff list; macduff monitor X.position; macduff call X.move --target 2")
    lines.append(f"  python -c 'import macduff; print(macduff.connect(\"{websocket}\"))'")
    exits.say("\n".join(lines))
