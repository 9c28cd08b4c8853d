"""A power supply to try the example with: SCPI over TCP, standard library only.

    python examples/supply/instrument.py [PORT]

Port 0 lets the system choose; the port is printed. An output that is on gives its voltage, with a little noise.
"""

import contextlib
import random
import re
import socketserver
import sys

LINE = re.compile(r"(?P<head>[*A-Z:]+)(?P<query>\?)?(?: (?P<value>[^,(]+),?)?(?: ?\(@(?P<n>\d+)\))?")


class Supply:
    """Lines in, replies out."""

    def __init__(self) -> None:
        self.volts: dict[str, float] = {}
        self.on: dict[str, bool] = {}

    def line(self, text: str) -> str | None:
        """Carry out a line; the reply to a query."""
        found = LINE.fullmatch(text)
        if found is None:
            return None
        n = found["n"] or ""
        if found["query"]:
            return self.answer(found["head"], n)
        if found["head"] == "VOLT":
            self.volts[n] = float(found["value"])
        elif found["head"] == "OUTP":
            self.on[n] = found["value"].upper() in ("1", "ON")
        return None

    def answer(self, head: str, n: str) -> str | None:
        if head == "*IDN":
            return "macduff,example supply,1,1.0"
        if head == "VOLT":
            return f"{self.volts.get(n, 0.0)}"
        if head == "OUTP":
            return f"{self.on.get(n, False):d}"
        if head == "MEAS:VOLT":
            volts = self.volts.get(n, 0.0) if self.on.get(n) else 0.0
            return f"{random.gauss(volts, 0.001):.4f}"
        return None


class Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            answer = SUPPLY.line(line.decode().strip())
            if answer is not None:
                self.wfile.write(f"{answer}\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


SUPPLY = Supply()

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5025
    try:
        server = Server(("127.0.0.1", port), Connection)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; another one: python {sys.argv[0]} PORT, and in lab.yaml")
    with server:
        print(f"listening on {server.server_address[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
