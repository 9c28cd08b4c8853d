"""DeviceProxy beside AttributeProxy, for three attributes of one device: python attribute_proxy.py DEVICE"""

# pyright: reportGeneralTypeIssues=false, reportCallIssue=false
# PyTango's hints know no asyncio mode.
from __future__ import annotations

import asyncio
import sys
from typing import Any

import tango
from tango.asyncio import AttributeProxy, DeviceProxy
from tango.asyncio_executor import AsyncioExecutor

ATTRIBUTES = ("Position", "Velocity", "State")
WANTED = "read_attributes command_inout get_attribute_list get_dev_host get_dev_port".split()


class Requests:
    """Counts what a device was asked since: its black box remembers the last fifty requests."""

    def __init__(self, name: str) -> None:
        self.proxy: Any = tango.DeviceProxy(name)
        self.proxy.command_inout("Double", 0.0)

    def since(self) -> int:
        newest_first = self.proxy.black_box(50)
        return next(number for number, line in enumerate(newest_first) if "Double" in line)


async def main(name: str) -> None:
    device, _, how = name.partition("#")

    asked = Requests(name)
    proxy: Any = await DeviceProxy(name)
    reading = await proxy.read_attributes(list(ATTRIBUTES))
    print(f"DeviceProxy: 1 object, {asked.since()} requests to make it and read {len(reading)} attributes")

    asked = Requests(name)
    proxies: list[Any] = [await AttributeProxy(f"{device}/{attribute}#{how}") for attribute in ATTRIBUTES]
    await asyncio.gather(*(one.read() for one in proxies))
    inside = {id(one.get_device_proxy()) for one in proxies}
    print(f"AttributeProxy: {len(proxies)} objects around {len(inside)} of DeviceProxy, {asked.since()} requests")

    print("AttributeProxy has not:", ", ".join(call for call in WANTED if not hasattr(proxies[0], call)))

    executor = AsyncioExecutor(asyncio.get_running_loop())
    for cls in (tango.DeviceProxy, tango.AttributeProxy):
        try:
            cls(f"{device}/Position#{how}" if cls is tango.AttributeProxy else name, asyncio_executor=executor)
        except TypeError as error:
            print(f"{cls.__name__}(..., asyncio_executor=executor): {error}")
        else:
            print(f"{cls.__name__}(..., asyncio_executor=executor): made")

    host, port = proxy.get_dev_host(), proxy.get_dev_port()
    print(f"source: tango://{host}:{port}/{proxy.dev_name()}/Position".lower())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
