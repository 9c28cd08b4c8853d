"""What the tests have done with jython/macduff_client.py, under Jython and under CPython: a step a line, as JSON.

driver.py FOLDER_OF_THE_CLIENT
"""
# mypy: ignore-errors
# The language is Python 2.7, which has no annotations.
# ruff: noqa: UP010

from __future__ import absolute_import, division, print_function

import doctest
import json
import os
import signal
import sys
import threading
import time
import traceback

sys.path.insert(0, sys.argv[1])
import macduff_client as m  # its folder is known only now

held = {}
"""What a step leaves for a later one."""


def told(error):
    """An error as the test compares it."""
    return {"type": type(error).__name__, "message": str(error), "device": error.device, "member": error.member,
            "state": error.state, "allowed": list(error.allowed)}  # fmt: skip


def failing(act):
    """The error of what is to fail."""
    try:
        act()
    except m.MacduffError as error:
        return told(error)
    return {"type": "nothing", "message": "it did not fail"}


def shown(reading):
    return {"value": reading.value, "severity": reading.alarm.severity.name, "message": reading.alarm.message}


def look(address):
    """List, describe, complete."""
    with m.connect(address) as client:
        det = client["DET"]
        exposure = det.attributes["exposure"]
        return {
            "client": repr(client),
            "devices": list(client.devices),
            "listed": ["DET" in client, "NONE" in client, len(client), sorted(client)],
            "state": [client.state, client.connected, client.reason, client.address],
            "device": repr(det),
            "dir": [name for name in ("exposure", "configure") if name in dir(det)],
            "attribute": [repr(exposure), exposure.units, exposure.path, exposure.info.type, exposure.info.writable],
            "method": [repr(det.configure), repr(client.X.move), client.X.move.__doc__],
            "names": [list(det.attributes), list(client.info("DET").methods)],
            "same": client.DET is det,
            "guess": [hasattr(client, "DETT"), hasattr(det, "expo"), getattr(det, "expo", 5)],
        }


def values(address):
    """Get, put, alarms, times, set points, and what is refused."""
    with m.connect(address) as client:
        motor, det = client.X, client["DET"]
        found = {"before": [motor.velocity, motor.position, motor.state]}
        motor.velocity = 3
        motor.attributes["acceleration"].put(100, timeout=5)
        found["after"] = [motor.velocity, motor.acceleration]
        det.attributes.put({"exposure": 0.02, "frames": 3})
        found["several"] = [det.exposure, det.frames, det.attributes["exposure"].setpoint]
        reading = motor.attributes["velocity"].reading
        found["reading"] = shown(reading)
        found["time"] = abs(reading.time / 1e9 - time.time()) < 3600
        found["errors"] = [
            failing(lambda: setattr(motor, "velocity", 5000)),
            failing(lambda: setattr(motor, "velocity", "fast")),
            failing(lambda: setattr(motor, "position", 1)),
            failing(lambda: setattr(motor, "velocty", 1)),
            failing(lambda: setattr(motor, "move", 1)),
            failing(lambda: motor.velocty),
            failing(lambda: motor.attributes["move"]),
            failing(lambda: client.DETT),
            failing(lambda: client["NONE"]),
            failing(lambda: client.monitor("nonsense")),
            failing(lambda: client.monitor("X.position", "sometimes")),
            failing(lambda: client.monitor("X.positon").__enter__()),
            failing(lambda: client.subscribe("X.move", held.update)),
            failing(lambda: motor.attributes["velocity"].put(1, timeout=-1)),
            failing(lambda: motor.attributes["velocity"].put(object())),
            failing(lambda: motor.attributes["velocity"].put("x" * 5000000)),
        ]
        return found


def calls(address):
    """Calls with arguments by place and by name, their errors, abort and time-outs; a run and its picture."""
    with m.connect(address) as client:
        motor, det = client.X, client.DET
        motor.velocity, motor.acceleration = 1000, 10000
        found = {"moved": [motor.move(2), motor.move(target=-2), motor.position]}
        found["errors"] = [
            failing(lambda: motor.move()),
            failing(lambda: motor.move(1, 2)),
            failing(lambda: motor.move(1, target=2)),
            failing(lambda: motor.move(1, targt=2)),
            failing(lambda: motor.move(99)),
        ]
        det.abort()
        det.reset()
        found["errors"].append(failing(det.run))
        det.configure(exposure=0.002, frames=3)
        det.run()
        picture = det.image
        found["picture"] = [len(picture), len(picture[0]), sum(map(sum, picture)) == det.sum, det.completed_steps]
        motor.velocity = 0.1
        call = motor.move.start(9)
        running = call.done()
        late = failing(lambda: call.result(timeout=0.1))
        found["aborted"] = [
            running,
            late,
            call.cancel(),
            told(call.exception())["type"],
            call.cancel(),
            repr(call)[:28],
        ]
        motor.velocity = 1000
        return found


def following(address):
    """Monitors and callbacks: latest and every, waiting for a value, ends."""
    with m.connect(address) as client:
        motor = client.X
        motor.velocity, motor.acceleration = 1000, 10000
        motor.move(0)
        with client.monitor("X.position", "every") as readings:
            call = motor.move.start(5)
            seen = []
            for reading in readings:
                seen.append(reading.value)
                if reading.value == 5:
                    break
        found = {"every": [seen[0], seen[-1], len(seen) > 2, readings.dropped, call.result(5)]}
        found["closed"] = failing(lambda: readings.get(5))
        got, came = [], threading.Event()

        def callback(reading):
            got.append([reading.value, motor.velocity, threading.current_thread().name.endswith("callbacks")])
            if reading.value == 7:
                came.set()

        subscription = client.subscribe("X.velocity", callback, "every")
        motor.velocity = 6
        motor.velocity = 7
        found["called back"] = [came.wait(20), [item[0] for item in got], got[-1][1:], repr(subscription)]
        subscription.close()
        motor.velocity = 8
        found["no more"] = [len(got), repr(subscription)]
        found["latest"] = latest(client)
        found["slow"] = slow(client)
        position = motor.attributes["position"]
        found["waited"] = [position.wait_for(5, timeout=5), position.wait_for(lambda value: value > 4)]
        found["in vain"] = failing(lambda: position.wait_for(6, timeout=0.05))
        motor.velocity = 1000
        return found


def latest(client):
    """What comes while nobody reads is merged, and counted."""
    velocity = client.X.attributes["velocity"]
    with velocity.monitor() as readings, velocity.monitor("every", size=2) as two:
        for value in (1, 2, 3, 4):
            velocity.put(value)
        newest = readings.get(5).value
        return [newest, readings.dropped, [two.get(5).value, two.get(5).value], two.dropped]


def slow(client):
    """A callback that is slower than the values, which are merged; one that fails, after which the others go on."""
    velocity, got, free, came, printed = client.X.attributes["velocity"], [], threading.Event(), m.Queue(), []
    print_exc, m.traceback.print_exc = m.traceback.print_exc, lambda: printed.append(str(sys.exc_info()[1]))

    entered = threading.Event()

    def callback(reading):
        entered.set()
        free.wait(20)
        got.append(reading.value)
        came.put(reading.value)
        if reading.value == 12:
            raise ValueError("what the author did")

    velocity.put(10)
    with velocity.subscribe(callback) as subscription:
        entered.wait(20)
        for value in (11, 12):
            velocity.put(value)
        with client.monitor("X.velocity"):  # its first value comes after those before it
            free.set()
        while came.get(True, 20) != 12:
            pass
        velocity.put(13)
        found = [came.get(True, 20) == 13, got, subscription.dropped, printed]
    m.traceback.print_exc = print_exc
    return found


def busy(address):
    """A message that takes the client longer than a heartbeat: the server is there all the same."""
    m.HEARTBEAT, messages, long = 1.0, m._messages, threading.Event()

    def lengthy_messages(data):
        if b"heartbeat" in data:
            long.wait(2.5)  # nobody sets it
        return messages(data)

    states = []
    with m.connect(address) as client:
        client.on_state(lambda *change: states.append(change))
        m._messages = lengthy_messages
        refused = failing(lambda: client.STAGE.attributes["mode"].put("heartbeat"))
        found = [refused["type"], client.state]
    m.HEARTBEAT, m._messages = 10.0, messages
    return found + [state for state, _ in states if state != "closed"]


def types(address):
    """Values of every shape, there and back."""
    with m.connect(address) as client:
        stage = client.STAGE
        found = {
            "image": [stage.image, stage.attributes["image"].info.type, stage.attributes["image"].info.meta["ndim"]]
        }
        stage.image = [[1, 2], [3, 65535]]
        stage.mode = "fast"
        stage.points = {"x": [1, float("nan")], "name": ["a", b"\xc3\xa9".decode("utf-8")]}
        points = stage.points
        found["put"] = [
            stage.image,
            stage.mode,
            [list(points), points["name"], points["x"][0], points["x"][1] != points["x"][1]],
        ]
        found["choices"] = [
            list(stage.attributes["mode"].info.choices),
            failing(lambda: setattr(stage, "mode", "idle")),
        ]
        found["scaled"] = stage.scale([1, 2, 3], "two")
        side = 150
        stage.image = [[row] * side for row in range(side)]
        found["large"] = sum(map(sum, stage.image))
        found["failed"] = failing(stage.fail)
        stage.image = {"dtype": "uint16", "shape": [0, 3], "data": []}
        found["empty"] = stage.image
        return found


def refused(address, timeout=10.0, cafile=None):
    """Why there is no connection."""
    return failing(lambda: m.connect(address, timeout, cafile=cafile).close())


def begin(address, device="STAGE", heartbeat=10.0):
    """A client with a monitor and a call that goes on."""
    m.HEARTBEAT = heartbeat
    client = held["client"] = m.connect(address)
    states = held["states"] = m.Queue()
    client.on_state(lambda state, reason: states.put([state, reason]))
    monitor = held["monitor"] = client.monitor(device + ".doing", "every")
    monitor.__enter__()
    held["call"] = client[device].hold.start()
    while monitor.get(10).value != "hold":
        pass


def away():
    """The server has gone: what the call and the monitor say, and what a new request does."""
    client = held["client"]
    ended = failing(lambda: held["call"].result(20))
    reading = held["monitor"].get(20)
    return {"call": ended, "reading": shown(reading), "state": held["states"].get(True, 20),
            "get": failing(lambda: client["STAGE"].position), "devices": list(client.devices)}  # fmt: skip


def back():
    """The server is there again."""
    client = held["client"]
    client.wait_connected(30)
    reading = held["monitor"].get(20)
    return {"reading": shown(reading), "doing": client["STAGE"].doing, "state": held["states"].get(True, 20)}


def removed(device):
    """A device has gone: what its call and its monitor say."""
    ended = failing(lambda: held["call"].result(20))
    return {"call": ended, "reading": shown(held["monitor"].get(20))}


def returned(device):
    """A device of that name is there again."""
    return {"reading": shown(held["monitor"].get(20)), "doing": held["client"][device].doing}


def close():
    """Close twice; a thread that waits in the monitor is released, and no thread stays."""
    client, monitor = held.pop("client"), held.pop("monitor")
    ended = []
    waiting = threading.Thread(target=lambda: ended.append([reading.value for reading in monitor]))
    waiting.start()
    client.close()
    client.close()
    waiting.join(20)
    others = [thread.name for thread in threading.enumerate() if thread.name.startswith("macduff")]
    m.HEARTBEAT = 10.0
    return {"released": len(ended) == 1, "threads": others, "client": repr(client).partition(",")[2][:8],
            "get": failing(lambda: client.STAGE.position)}  # fmt: skip


def ended():
    """How the call that was begun ended."""
    return told(held["call"].exception(20))


def plain(address, cafile=None):
    """What a server lists, and how long the description of its first device is."""
    with m.connect(address, cafile=cafile) as client:
        first = client[client.devices[0]]
        return {"devices": list(client.devices), "length": len(client.info(client.devices[0]).description),
                "state": first.state}  # fmt: skip


def lengthy(address):
    """A server whose only device says little at length."""
    with m.connect(address) as client:
        found = {"devices": list(client.devices), "length": len(client.info("D").description)}
    found["state"] = client.state
    return found


def secured(address, cafile):
    """Many requests from several threads over TLS, while readings come."""
    with m.connect(address, cafile=cafile) as client:
        stage = client.STAGE
        found = []

        def ask():
            found.append([stage.scale([number, 1], "one")["first"] for number in range(30)] == list(range(30)))

        with client.monitor("STAGE.position", "every") as readings:
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            moved = stage.move(1)
            for thread in threads:
                thread.join()
            while readings.get(10).value != 1:
                pass
        side = 150
        stage.image = [[row] * side for row in range(side)]
        return {"found": found, "moved": moved, "large": sum(map(sum, stage.image)), "address": client.address}


def examples(text):
    """The examples of a page: how many, and which do not do what they say."""
    test = doctest.DocTestParser().get_doctest(text, {}, "page", "page", 0)
    report = []
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL  # Python 2 shows no module with the name of an error
    result = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
    return [result.attempted, "".join(report)]


def run(code):
    """What a line of a page connects to."""
    names = {"macduff_client": m}
    exec(code, names)
    with names["client"] as client:
        return list(client.devices)


def interrupted(address):
    """Ctrl-C while a call waits: the call is aborted, and its end waited for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with m.connect(address) as client:
        motor = client.X
        motor.velocity = 1000
        motor.move(0)
        motor.velocity = 0.5

        def moving(reading):
            if reading.value > start:
                subscription.close()
                os.kill(os.getpid(), signal.SIGINT)

        start = motor.position
        subscription = client.subscribe("X.position", moving)
        try:
            motor.move(10)
        except KeyboardInterrupt:
            found = [motor.state, motor.position < 5]

        motor.velocity = 1000
        found.append(motor.move(0))
        return found


def main():
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        step = json.loads(line)
        try:
            answer = globals()[step["do"]](**dict((str(name), value) for name, value in step["with"].items()))
        except Exception:
            answer = {"failure": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
