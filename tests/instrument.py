"""A simulated power supply: SCPI over TCP, a process of its own, that can be told to misbehave.

    python tests/instrument.py --outputs 2

prints `port N` and then obeys lines of JSON on standard input, each answered by one line of JSON:
`{"faults": {...}}` sets what goes wrong with replies, `{"log": true}` gives what was received, `{"listen": false}`
closes all connections and refuses new ones, `{"set": ["VOLT", 1, 5.0]}` is somebody at the front panel. It ends with
its standard input.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import socket
import sys
import threading
import time
from typing import Any

QUERY = re.compile(r"(?P<head>[*A-Z:]+)\?(?: \(@(?P<n>[0-9]+)\))?")
COMMAND = re.compile(r"(?P<head>[*A-Z:]+)(?: (?P<value>[^@(]+?)(?:,\(@(?P<n>[0-9]+)\))?)?")


class Supply:
    """The instrument itself: lines in, replies out."""

    def __init__(self, outputs: int) -> None:
        self.lock = threading.Lock()
        self.values: dict[tuple[str, int], str] = {("LABEL", 0): '"bench ""A"""'}
        self.asked = 0
        for n in range(1, outputs + 1):
            self.values.update({("VOLT", n): "0.0", ("OUTP", n): "0", ("MODE", n): "CV"})

    def line(self, text: str) -> str | None:
        """Carry out a line; the reply to a query."""
        with self.lock:
            query = QUERY.fullmatch(text)
            if query is not None:
                self.asked += 1
                return self._answer(query["head"], int(query["n"] or 0))
            command = COMMAND.fullmatch(text)
            if command is not None and command["value"] is not None:
                self.values[command["head"], int(command["n"] or 0)] = command["value"]
                return "OK" if command["head"] == "ACK" else None
            return "1" if text == "BABBLE" else None

    def _answer(self, head: str, n: int) -> str | None:
        if head == "*IDN":
            return "ACME,Supply,42,1.0"
        if head == "MEAS:VOLT":
            on = self.values.get(("OUTP", n)) == "1"
            return f"{float(self.values['VOLT', n]) if on else 0.0:+.6E}"
        if head == "WAVE":
            return "1.0,2.5,-3E0,9.91E37"
        if head == "COUNT":
            return str(self.asked)
        if head == "MARK":  # says which query it answers, so that a mix-up shows
            return str(n * 1_000_000 + self.asked)
        if head == "ENDLESS":
            return "x" * 3_000_000
        return self.values.get((head, n))


class Faults:
    """What goes wrong with the next replies: chances from 0 to 1 by name; `only`: a regular expression for lines."""

    def __init__(
        self, only: str = "", times: int = 10**9, seed: int = 0, seconds: float = 0.3, **chances: float
    ) -> None:
        self.only = re.compile(only)
        self.times = times
        self.seconds = seconds
        self.chances = chances
        self.random = random.Random(seed)

    def pick(self, text: str) -> str:
        """The fault for the reply to this line, "" for none."""
        if self.times <= 0 or not self.only.search(text):
            return ""
        for name, chance in self.chances.items():
            if self.random.random() < chance:
                self.times -= 1
                return name
        return ""


class Instrument:
    """Serves the supply to any number of connections."""

    def __init__(self, supply: Supply, terminator: bytes) -> None:
        self.supply = supply
        self.terminator = terminator
        self.faults = Faults()
        self.log: list[tuple[int, str]] = []
        self.overlaps = 0
        self.connections: dict[int, socket.socket] = {}
        self.count = 0
        self.held: dict[int, bytes] = {}
        self.port = 0
        self.listener: socket.socket | None = None

    def listen(self, on: bool) -> None:
        if on and self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self.listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        elif not on and self.listener is not None:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
            for connection in list(self.connections.values()):
                self._close(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.count += 1
            self.connections[self.count] = connection
            threading.Thread(target=self._serve, args=(self.count, connection), daemon=True).start()

    def _serve(self, number: int, connection: socket.socket) -> None:
        rest = b""
        try:
            if "greet" in self.faults.chances:
                connection.sendall(b"Welcome" + self.terminator)
            while data := connection.recv(65536):
                *lines, rest = (rest + data).split(self.terminator)
                self.overlaps += len(lines) > 1 and sum(b"?" in line for line in lines) > 1
                for line in lines:
                    self._line(number, connection, line.decode())
        except OSError:
            pass
        self.connections.pop(number, None)
        self._close(connection)

    def _line(self, number: int, connection: socket.socket, text: str) -> None:
        self.log.append((number, text))
        answer = self.supply.line(text)
        if answer is None:
            return
        reply = answer.encode() + self.terminator
        fault = self.faults.pick(text)
        if fault == "drop":
            return
        if fault == "close":
            self._close(connection)
        elif fault == "garbage":
            connection.sendall(b"?!" + bytes([0xFF]) + self.terminator)
        elif fault == "nonsense":
            connection.sendall(b"NONSENSE" + self.terminator)
        elif fault == "split":
            for byte in reply:
                connection.sendall(bytes([byte]))
                time.sleep(0.001)
        elif fault == "double":
            connection.sendall(reply + reply)
        elif fault == "merge":  # held back, to come in one piece with the next reply
            self.held[number] = reply
        elif fault == "late":
            threading.Timer(self.faults.seconds, self._late, (connection, reply)).start()
        elif fault == "late_elsewhere":  # as an adapter to a serial line does: to whoever is connected then
            threading.Timer(self.faults.seconds, self._late, (None, reply)).start()
        elif fault == "slow":
            time.sleep(self.faults.seconds)
            connection.sendall(reply)
        else:
            connection.sendall(self.held.pop(number, b"") + reply)

    def _late(self, connection: socket.socket | None, reply: bytes) -> None:
        if connection is None:
            connection = next(reversed(list(self.connections.values())), None)
        with contextlib.suppress(OSError):
            if connection is not None:
                connection.sendall(reply)

    @staticmethod
    def _close(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        if "faults" in order:
            self.faults = Faults(**order["faults"])
        if "listen" in order:
            self.listen(order["listen"])
        if "close" in order:
            for connection in list(self.connections.values()):
                self._close(connection)
        if "say" in order:
            for connection in list(self.connections.values()):
                connection.sendall(order["say"].encode() + self.terminator)
        if "set" in order:
            head, n, value = order["set"]
            self.supply.values[head, n] = value
        log, self.log = (self.log, []) if "log" in order else ([], self.log)
        return {"log": log, "connections": self.count, "overlaps": self.overlaps}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outputs", type=int, default=2)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--crlf", action="store_true", help="lines end in CR LF instead of LF")
    options = parser.parse_args()
    instrument = Instrument(Supply(options.outputs), b"\r\n" if options.crlf else b"\n")
    instrument.port = options.port
    instrument.listen(True)
    print(f"port {instrument.port}", flush=True)
    for line in sys.stdin:
        print(json.dumps(instrument.obey(json.loads(line))), flush=True)
    instrument.listen(False)


if __name__ == "__main__":
    main()
