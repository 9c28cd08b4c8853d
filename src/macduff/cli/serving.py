"""`macduff serve FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from . import exits, logs

if TYPE_CHECKING:
    from ..config import Plan
    from ..core import Process

__all__ = ["Announce", "Insecure", "LogFormat", "LogLevel", "ReadOnly", "serve"]

Announce = Annotated[Path | None, Parameter(help="write the servers' addresses there, as JSON, once all listen")]
LogFormat = Annotated[Literal["text", "json"] | None, Parameter(help="logs on standard error as text or JSON lines")]
ReadOnly = Annotated[bool, Parameter(negative=(), help="others may look; nobody may write or call")]
Insecure = Annotated[bool, Parameter(negative=(), help="whoever reaches the servers may do everything")]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"] | None, Parameter(help="what is logged")]


def serve(
    file: Path,
    /,
    *,
    announce: Announce = None,
    read_only: ReadOnly = False,
    insecure: Insecure = False,
    log_format: LogFormat = None,
    log_level: LogLevel = None,
) -> int:
    """Serve the devices of a configuration file until SIGTERM or Ctrl-C.

    Parameters
    ----------
    file
        The configuration, in YAML.
    """
    from ..config import read
    from .checking import told

    plan = told(lambda: read(file, read_only=read_only, insecure=insecure))
    if plan is None:
        return exits.USAGE
    if not plan.servers:
        raise exits.Usage(f"{file}: expected at least one server, such as servers: {{web: {{}}}}, got none")
    logs.configure(log_level or plan.log_level, log_format or plan.log_format)
    return run_plan(plan, announce)


def run_plan(plan: Plan, announce: Path | None) -> int:
    """Run what a configuration asks for."""
    from ..core import Process
    from .running import log, run_servers

    def ready(listening: dict[str, dict[str, Any]]) -> None:
        for kind, where in listening.items():
            log.info("%s: %s", kind, where["address"])

    def fill(process: Process) -> None:
        for entry, make in plan.makers():
            try:
                process.add(make(), simulate=entry.simulate)
            except Exception as error:  # whatever an author's constructor raises
                log.debug("%s", entry.name, exc_info=True)
                raise exits.Failure(entry.told(error)) from error

    process = Process(plan.name, backend=plan.backend, limits=plan.limits, report_stalls=True)
    return run_servers(process, fill, plan.servers, announce, ready)
