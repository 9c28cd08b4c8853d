"""A notebook without its page: runs cells in a kernel of its own, and prints what each of them shows, as JSON.

On stdin a list of cells: `{"code": ...}`, with `"interrupt": text` one that is interrupted once it has shown that text;
`{"complete": code}` asks what completes it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from jupyter_client.manager import start_new_kernel

TIMEOUT = 60.0
SHOWN = ("stream", "display_data", "update_display_data", "execute_result", "error")


class Notebook:
    """A kernel, and its client."""

    def __init__(self, kernel: Any, client: Any) -> None:
        self._kernel = kernel
        self._client = client

    def answer(self, cell: dict[str, str]) -> Any:
        if "complete" in cell:
            return self._client.complete(cell["complete"], reply=True, timeout=TIMEOUT)["content"]["matches"]
        return self._run(cell["code"], cell.get("interrupt", ""))

    def _run(self, code: str, interrupt: str) -> list[dict[str, Any]]:
        asked = self._client.execute(code)
        shown: list[dict[str, Any]] = []
        while True:
            message = self._client.get_iopub_msg(timeout=TIMEOUT)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if kind == "status" and content["execution_state"] == "idle":
                return shown
            if kind in SHOWN:
                shown.append({"kind": kind, **content})
            if interrupt and interrupt in json.dumps(content, default=str):
                interrupt = ""
                self._kernel.interrupt_kernel()


def main() -> None:
    kernel, client = start_new_kernel(startup_timeout=TIMEOUT)
    try:
        notebook = Notebook(kernel, client)
        answers = [notebook.answer(cell) for cell in json.load(sys.stdin)]
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    json.dump(answers, sys.stdout, default=str)


if __name__ == "__main__":
    main()
