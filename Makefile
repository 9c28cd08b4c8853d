# make demo | test | check | lint | docs | bench.  Everything goes into .venv; a second run finds it done.
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

.PHONY: help demo test check lint docs bench peers unit system-packages clean

help:
	@echo "make demo    a simulated laboratory in the browser (PORT=$(PORT))"
	@echo "make test    linters, docs and all tests"
	@echo "make check   the quick part of it"
	@echo "make bench   measurements"

$(STAMPS)/venv:
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo "macduff needs Python 3.11 or newer with the venv module; \
	on Debian: apt-get install python3-venv, or say PYTHON=/path/to/python" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: $(STAMPS)/venv pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/venv pyproject.toml
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

# One after the other, the tests last, so that what was wrong stands at the end.
test: system-packages
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory docs
	$(MAKE) --no-print-directory unit

check: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m 'not slow' tests/unit tests/wire tests/simulated

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
