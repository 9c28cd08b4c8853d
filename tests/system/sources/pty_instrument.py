"""An instrument on a pseudo-terminal: python -m tests.system.sources.pty_instrument LINK

LINK is made to point at the terminal; a line on stdout says that it is there. Answers in pieces. `LATE?` is answered
after 0.5 s, `NEVER?` not at all, `TWICE?` by two lines.
"""

from __future__ import annotations

import os
import pty
import sys
import time
import tty
from pathlib import Path


def main(link: Path) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    temporary = link.with_suffix(".new")
    temporary.symlink_to(os.ttyname(slave))
    temporary.replace(link)
    print("there", flush=True)
    values = {"VOLT": "1.5"}
    waiting = b""
    while True:
        waiting += os.read(master, 1024)
        *lines, waiting = waiting.split(b"\r")
        for line in lines:
            answer(master, line.decode(), values)


def answer(master: int, line: str, values: dict[str, str]) -> None:
    name, _, value = line.partition(" ")
    if value:
        values[name] = value
        return
    if name == "LATE?":
        time.sleep(0.5)
    elif name == "NEVER?":
        return
    reply = {"*IDN?": "macduff,pty,1", "TWICE?": "1\r2"}.get(name, values.get(name.removesuffix("?"), "0"))
    for piece in (reply[:1], reply[1:] + "\r"):
        os.write(master, piece.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
