"""The page of the docs that shows the table, made from outcomes: python -m tests.system.conformance.page

Every cell that is not what the others say needs a note; a note that nothing needs is an error too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping

from .cases import CASES, Case
from .notes import NOTES
from .probe import ROOT
from .run import PROBES

__all__ = ["PAGE", "expected", "note_of", "page", "run"]

PAGE = ROOT / "docs" / "reference" / "conformance.md"
TITLES = {
    "websocket": "websocket",
    "http": "HTTP",
    "pvaccess": "PVAccess",
    "channel-access": "Channel Access",
    "tango": "Tango",
}
BEGIN, END = "<!-- outcomes -->", "<!-- end of outcomes -->"
REFUSED = ("an argument is missing", "an argument of the wrong type", "another method while one runs",
           "a put that the state forbids")  # fmt: skip

Outcomes = Mapping[str, str]


def run(protocol: str) -> Outcomes:
    """All cases over one protocol, in a process of its own."""
    command = [sys.executable, "-m", "tests.system.conformance.run", protocol]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise RuntimeError(f"{protocol}: the cases ended with exit code {done.returncode}: {done.stderr}")
    found: Outcomes = json.loads(done.stdout)
    return found


def expected(case: Case) -> str:
    """What every protocol should say."""
    wrong = case.group == "refusals" and case.title != "with our text"
    return "refused" if wrong or case.title in REFUSED else "yes"


def key(case: Case) -> str:
    return f"{case.group}: {case.title}"


def note_of(protocol: str, case: Case, found: str) -> int | None:
    """The number of the note for an outcome, from 1; None where there is none."""
    for number, (which, pattern, said, _) in enumerate(NOTES, 1):
        if which == protocol and re.fullmatch(pattern, key(case)) and re.fullmatch(said, found):
            return number
    return None


def page(outcomes: Mapping[str, Outcomes]) -> str:
    """The text between the marks: the table, and its notes."""
    lines = [f"| | {' | '.join(TITLES[protocol] for protocol in outcomes)} |", f"|---|{'---|' * len(outcomes)}"]
    group = ""
    for case in CASES:
        if case.group != group:
            group = case.group
            lines.append(f"| **{group}** |{' |' * len(outcomes)}")
        cells = [cell(protocol, case, found[key(case)]) for protocol, found in outcomes.items()]
        lines.append(f"| {case.title.replace('|', ' ')} | {' | '.join(cells)} |")
    lines.append("")
    lines += [f"{number}. {TITLES[protocol]}: {text}" for number, (protocol, _, _, text) in enumerate(NOTES, 1)]
    return "\n".join(lines)


def cell(protocol: str, case: Case, found: str) -> str:
    if found == expected(case):
        return found
    return f"{found.replace('|', ' ')} ({note_of(protocol, case, found)})"


def written() -> str:
    """What stands between the marks now."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def write(text: str) -> None:
    head, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    write(page({protocol: run(protocol) for protocol in PROBES}))
