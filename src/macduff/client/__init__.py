"""Clients of a macduff server: `connect` for the keyboard and scripts, `connect_async` for asyncio."""

from __future__ import annotations

from .aclient import AsyncClient, connect_async
from .adevice import AsyncAttribute, AsyncDevice, AsyncMethod
from .amonitor import AsyncMonitor
from .asubscriber import AsyncSubscriber
from .attribute import RemoteAttribute
from .client import Client, connect
from .clientbase import ClientBase
from .device import Attributes, RemoteDevice
from .future import CallFuture
from .method import RemoteMethod
from .model import AttributeInfo, DeviceInfo, MethodInfo
from .monitor import Monitor
from .names import UnknownName
from .reply import AsyncCall
from .state import ConnectionState
from .stubs import stubs
from .subscriber import Subscriber

__all__ = [
    "AsyncAttribute", "AsyncCall", "AsyncClient", "AsyncDevice", "AsyncMethod", "AsyncMonitor", "AsyncSubscriber",
    "AttributeInfo", "Attributes", "CallFuture", "Client", "ClientBase", "ConnectionState", "DeviceInfo", "MethodInfo",
    "Monitor", "RemoteAttribute", "RemoteDevice", "RemoteMethod", "Subscriber", "UnknownName", "connect",
    "connect_async", "stubs",
]  # fmt: skip
