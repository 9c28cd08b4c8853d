"""Subscribers of a Tango attribute, each as if in a program of its own: python -m ... DEVICE ATTRIBUTE

Prints {} once it is subscribed; then, for each line on stdin, how many events have come.
"""

from __future__ import annotations

import itertools
import json
import sys

import tango


def main(device: str, attribute: str) -> None:
    count = itertools.count()
    seen = [0]

    def heard(event: tango.EventData) -> None:
        if not event.err:
            seen[0] = next(count) + 1

    proxy = tango.DeviceProxy(device)
    proxy.subscribe_event(attribute, tango.EventType.CHANGE_EVENT, heard)
    print("{}", flush=True)
    for _ in sys.stdin:
        print(json.dumps({"events": seen[0]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
