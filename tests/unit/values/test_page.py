"""The examples of docs/reference/values.md give what the page says."""

from __future__ import annotations

import doctest
from pathlib import Path

import macduff.values

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "values.md"


def test_examples() -> None:
    names = {name: getattr(macduff.values, name) for name in macduff.values.__all__}
    text = "\n".join(line for line in PAGE.read_text().splitlines() if not line.startswith("```"))
    test = doctest.DocTestParser().get_doctest(text, names, PAGE.name, str(PAGE), 0)
    assert len(test.examples) >= 6
    outcome: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(test, out=outcome.append)
    assert result.failed == 0, "".join(outcome)
