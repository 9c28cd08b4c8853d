"""The same cases over every protocol, by each protocol's own client, held against the table in the docs (rule 32)."""

from __future__ import annotations

import re

import pytest

from .cases import CASES
from .notes import NOTES
from .page import PAGE, TITLES, cell, expected, key, note_of, page, run, written
from .run import PROBES


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("protocol", PROBES)
def test_rule_31_and_32_every_case_ends_as_the_docs_say(protocol: str) -> None:
    found = run(protocol)
    table = [line for line in written().splitlines() if line.startswith("| ") and not line.startswith("| |")]
    rows = {line.split(" | ")[0].removeprefix("| "): line.strip(" |").split(" | ") for line in table}
    column = list(TITLES).index(protocol) + 1
    different = {}
    for case in CASES:
        outcome = found[key(case)]
        told = rows[case.title.replace("|", " ")][column].strip()
        if cell(protocol, case, outcome) != told:
            different[key(case)] = f"{outcome}; the docs say: {told}"
        assert outcome == expected(case) or note_of(protocol, case, outcome), f"{key(case)}: {outcome} needs a note"
    assert not different, "python -m tests.system.conformance.page writes the table anew"


def test_every_note_is_needed_and_every_number_is_there() -> None:
    text = written()
    used = {int(number) for number in re.findall(r"\((\d+)\) \|", text)}
    assert used == set(range(1, len(NOTES) + 1))
    assert "(None)" not in text and "FAILED" not in text
    assert PAGE.read_text().count(text) == 1 and page is not None
