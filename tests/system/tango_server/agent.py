"""A program of its own that calls the functions which a test names; Tango's servers and clients live there.

Tango has room for one server in a program, and its libraries keep threads and sockets that no test could end.
"""

from __future__ import annotations

import os
import sys
import traceback
from multiprocessing.connection import Connection


def main(descriptor: int) -> None:
    with Connection(descriptor) as test:
        while True:
            try:
                function, arguments = test.recv()
            except (EOFError, ConnectionError):
                return
            try:
                answer = (True, function(*arguments))
            except BaseException:
                answer = (False, traceback.format_exc())
            test.send(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
    sys.stdout.flush()
    if "--orderly" not in sys.argv:
        os._exit(0)  # a Tango client has nothing to say goodbye to
