"""Devices, what is asked of them, and the Process that keeps them."""

from __future__ import annotations

from .attribute import Attribute
from .block import ProcessDevice, creatable
from .call import MethodLog, Outcome, Request
from .child import Child
from .device import Device
from .future import Future
from .idle import idle_task
from .listeners import Listener
from .method import Method, publish_method
from .process import Process
from .runnable import ConfigurableDevice, PausableDevice, RunnableDevice
from .source import Binding, Source, SourceContext, Wire
from .states import LEGAL, TRANSITIONS, DState, StateChanged, StateException
from .unset import UNSET
from .view import View
from .waiting import released
from .watch import Watch

__all__ = [
    "LEGAL",
    "TRANSITIONS",
    "UNSET",
    "Attribute",
    "Binding",
    "Child",
    "ConfigurableDevice",
    "DState",
    "Device",
    "Future",
    "Listener",
    "Method",
    "MethodLog",
    "Outcome",
    "PausableDevice",
    "Process",
    "ProcessDevice",
    "Request",
    "RunnableDevice",
    "Source",
    "SourceContext",
    "StateChanged",
    "StateException",
    "View",
    "Watch",
    "Wire",
    "creatable",
    "idle_task",
    "publish_method",
    "released",
]
