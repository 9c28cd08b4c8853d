"""For all tests: the leak check (tests/support/leaks.py) and a hypothesis seed that is printed and can be given."""

from __future__ import annotations

import secrets
import signal
import sys
from collections.abc import Iterator

import hypothesis
import pytest

hypothesis.settings.register_profile("macduff", deadline=None, print_blob=True, max_examples=60)
hypothesis.settings.register_profile("thorough", parent=hypothesis.settings.get_profile("macduff"), max_examples=2000)
hypothesis.settings.load_profile("macduff")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed here, so that the header can name it and pytest-xdist hands the same to its workers."""
    if config.getoption("--hypothesis-seed", default=None) is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts so what it runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str:
    return f"hypothesis seed: --hypothesis-seed={config.option.hypothesis_seed}"


@pytest.fixture(scope="session", autouse=True)
def cothreads() -> Iterator[None]:
    """The thread of the cothreads, which can be begun once in a process: it is there before any test, and stays."""
    if sys.version_info >= (3, 13):  # there are no wheels of cothread for later ones (rule 29)
        yield
        return
    from macduff.primitives import get_backend
    from macduff.primitives.cothread_host import end_host

    get_backend("cothread")
    yield
    end_host()
