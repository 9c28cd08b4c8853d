"""`python -m benchmarks`: measure all, or those that are named; a table, and JSON in benchmarks/results."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from .measuring import Options
from .report import RESULTS, keep, table

NAMES = sorted(file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="pairs of runs")
    parser.add_argument("--seconds", type=float, default=Options.seconds, help="how long each run is measured")
    parser.add_argument(
        "--soak", type=float, nargs="?", default=Options.soak, const=10.0, metavar="MINUTES",
        help="how long to look whether something grows (10 if it is said without)",
    )  # fmt: skip
    parser.add_argument("--tiny", action="store_true", help="only show that it works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file")
    given = parser.parse_args()
    tiny = Options(1, 0.2, tiny=True, soak=0.02)
    options = tiny if given.tiny else Options(given.rounds, given.seconds, soak=given.soak)
    for name in given.names or NAMES:
        if name not in NAMES:
            parser.error(f"expected one of {', '.join(NAMES)}, got {name!r}")
        module = import_module(f"benchmarks.bench_{name}")
        print(f"== {name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        figures = module.measure(options)
        keep(given.results, name, figures)
        print(table(figures), flush=True)


if __name__ == "__main__":
    main()
