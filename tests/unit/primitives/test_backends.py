"""How backends are had, and what they say of themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from macduff.primitives import get_backend, simulated


def test_threads_are_the_default() -> None:
    assert get_backend().name == "threads" == get_backend("threads").name


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="expected one of threads, cothread, simulated, got 'gevent'"):
        get_backend("gevent")


def test_options_reach_the_simulation() -> None:
    backend = get_backend("simulated", seed=12, step_limit=7)
    assert backend.name == "simulated" and "seed 12" in repr(backend)
    assert simulated(12).seed == 12


def test_what_cannot_be_promised_is_declared() -> None:
    """Rule 29: a declared capability, not a skip."""
    assert get_backend("threads").capabilities == {"preemptive", "watchdog", "os-threads", "replaceable"}
    assert simulated(1).capabilities == {"preemptive", "deterministic", "virtual-time"}
    assert get_backend("threads").preempt is None and simulated(1).preempt is not None
    assert get_backend("threads").preemptible and simulated(1).preemptible


def test_the_import_is_light() -> None:
    """Neither greenlet nor cothread nor asyncio is imported before it is needed."""
    code = "import sys, macduff.primitives; print([n for n in ('greenlet', 'cothread', 'asyncio') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_missing_is_named_with_how_to_install_it() -> None:
    code = """
import sys
sys.modules["greenlet"] = sys.modules["cothread"] = None
from macduff.primitives import get_backend
for name in ("simulated", "cothread"):
    try: get_backend(name)
    except ImportError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    lines = done.stdout.splitlines()
    assert "pip install 'macduff[testing]'" in lines[0] and "pip install 'macduff[cothread]'" in lines[1]
