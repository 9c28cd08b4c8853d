# make demo | test | check | lint | docs | bench.  Everything goes into .venv, and what cannot into environments of its own
# (.venv-*); a second run finds it done.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# The first Python from 3.11 on that can make an environment; say PYTHON=... to choose.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PYTEST_ARGS ?= -n 2
PORT ?= 8008
# What tests/conftest.py and our plugins of pytest need in an environment that has only a part of the extra dev.
TEST_TOOLS := hypothesis 'pytest>=8.3' 'pytest-asyncio>=1.0' 'pytest-randomly>=3.16' 'pytest-timeout>=2.3'
# PyTango has had no pipes since 10.1, and 10.0.4 runs on Python 3.11 to 3.13.
PIPES_PYTHON ?= $(shell for p in $(BIN)/python python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)

# The browser's page is made from these when macduff is installed (hatch_build.py); folders, for what is removed from them.
PAGE := hatch_build.py $(wildcard web/*.* web/.npmrc) $(shell find web/src web/public)
# Not there: install once more, whatever the stamps say.
NO_PAGE := $(if $(wildcard src/macduff/servers/web/static/index.html),,no-page)

.PHONY: help demo test test-sardana check lint docs bench peers unit pipes pictures system-packages clean no-page

help:
	@echo "make demo    a simulated laboratory in the browser (PORT=$(PORT))"
	@echo "make test    linters, docs and all tests"
	@echo "make check   the quick part of it"
	@echo "make test-sardana   beside them, against the motors of Sardana's demonstration"
	@echo "make pictures   the docs' pictures, taken anew"
	@echo "make bench   measurements"

$(STAMPS)/venv:
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo "macduff needs Python 3.11 or newer with the venv module; \
	on Debian: apt-get install python3-venv, or say PYTHON=/path/to/python" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: $(STAMPS)/venv pyproject.toml $(PAGE) $(NO_PAGE)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/venv pyproject.toml $(PAGE) $(NO_PAGE)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(STAMPS)/demo

demo: $(STAMPS)/demo
	@exec $(BIN)/macduff demo --port $(PORT)

system-packages:
	@tools/system-packages tests/system-packages.txt

lint: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: $(STAMPS)/test
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs docs/_build/html

unit: $(STAMPS)/test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Tango's pipes, with a PyTango that has them.
pipes: .venv-pipes/.done
	.venv-pipes/bin/python -m pytest tests/pipes

.venv-pipes/.done: $(STAMPS)/venv pyproject.toml
	@test -x .venv-pipes/bin/python || test -n "$(PIPES_PYTHON)" || { echo "the tests of Tango's pipes need Python 3.11, 3.12 \
	or 3.13, for which there are wheels of PyTango 10.0.4: install one, or say PIPES_PYTHON=/path/to/python" >&2; exit 1; }
	test -x .venv-pipes/bin/python || $(PIPES_PYTHON) -m venv .venv-pipes
	.venv-pipes/bin/python -m pip install --quiet --editable '.[bluesky,cothread,tango]' 'pytango==10.0.4' $(TEST_TOOLS)
	@touch $@

# One after the other, the tests last, so that what was wrong stands at the end.
test: system-packages
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory docs
	$(MAKE) --no-print-directory pipes
	$(MAKE) --no-print-directory unit

# Motors that are not ours. Sardana's plugins of pytest do not bear our settings, so that only its server runs there.
test-sardana: $(STAMPS)/test .venv-sardana/.done
	SARDANA=.venv-sardana/bin/Sardana $(BIN)/python -m pytest tests/sardana

.venv-sardana/.done: $(STAMPS)/venv
	test -x .venv-sardana/bin/python || $(BIN)/python -m venv .venv-sardana
	.venv-sardana/bin/python -m pip install --quiet 'sardana>=3.7'
	@touch $@

check: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m 'not slow' tests/unit tests/wire tests/simulated

# The docs' pictures of the page, taken anew: look at each before it is committed.
pictures: $(STAMPS)/test system-packages
	@mkdir -p docs/images
	MACDUFF_PICTURES=docs/images $(BIN)/python -m pytest tests/browser/test_pictures.py tests/browser/test_chart.py \
		tests/browser/test_tour.py tests/system/cli/test_monitor_picture.py

bench: $(STAMPS)/test peers
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

# FastCS, to measure against; it needs much that nothing else here does.
peers: .venv-peers/.done

.venv-peers/.done: $(STAMPS)/venv
	test -x .venv-peers/bin/python || $(BIN)/python -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet 'fastcs[epicspva,tango]>=0.14'
	@touch $@

clean:
	rm -rf build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
