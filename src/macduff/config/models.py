"""The shape of a configuration file. Only what is read from a file needs this module (and pydantic)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SERVERS", "DeviceEntry", "Log", "Root", "Section", "WebSection"]

LEVELS = ("debug", "info", "warning", "error")


class Section(BaseModel):
    """Every part: no name that is not known, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class ProcessSection(Section):
    name: str = "."
    backend: Literal["threads", "cothread"] = "threads"
    log: Log = Log()
    limits: dict[str, Any] = Field(default_factory=dict)


class ServerSection(Section):
    """What every server has."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    read_only: bool = False


class WebSection(ServerSection):
    """hosts: further names under which it is reached. origins: further pages whose scripts may talk to it."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8008
    hosts: list[str] = Field(default_factory=list)
    origins: list[str] = Field(default_factory=list)


class PvaSection(ServerSection):
    """PVAccess. search_port: for searches by UDP, 0 for EPICS's own, or for a free one where `port` is 0."""

    port: Annotated[int, Field(ge=0, le=65535)] = 5075
    search_port: Annotated[int, Field(ge=0, le=65535)] = 0


class CaSection(ServerSection):
    """Channel Access."""

    port: Annotated[int, Field(ge=0, le=65535)] = 5064


class TangoSection(ServerSection):
    """domain: the first part of the devices' names, "" for that of the process. database: "host:port", "" for none."""

    domain: str = ""
    database: str = ""


class DeviceEntry(BaseModel):
    """One device; what is not named here is an argument of its constructor or a child."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    cls: Annotated[str, Field(alias="class")]
    name: str
    simulate: bool = False


SERVERS: dict[str, type[ServerSection]] = {"web": WebSection, "pva": PvaSection, "ca": CaSection, "tango": TangoSection}
"""The servers that a file may name; macduff.config.servers says how each is started."""


class Root(Section):
    process: ProcessSection = ProcessSection()
    servers: dict[str, Any] = Field(default_factory=dict)
    devices: list[Any] = Field(default_factory=list)
