# make demo    set up a virtual environment and run the main job on a shipped conversation
# make test    set up and run everything
# make quick   format, lint, types, and the quick unit tests: what to run while you change the code
# make check   format, lint, types and the repository's own invariants
# make fuzz    draw conversations for all formats for SECONDS (300), others each time
# make train   only the tests that train a tiny model with TRL
# make bench   the benchmarks
# make format  let ruff format and fix the sources
# make lock    write the versions of what is installed in .venv into requirements.lock
# make clean   remove all that make made
#
# A first run sets up .venv (and node_modules in tests/engines, tests/tokenizers and tests/browser where npm is); later
# runs find the stamps and are quick.

VENV := .venv
BIN := $(VENV)/bin
ENGINES := tests/engines
TOKENIZERS := tests/tokenizers
BROWSER := tests/browser
LOCK := requirements.lock
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -c $(LOCK)

# The first Python of at least 3.11; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# Templates are local files: nothing here may wait for a model hub.
export HF_HUB_OFFLINE := 1

.PHONY: help demo test quick lint train check fuzz bench format lock clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.project
	$(BIN)/chatwright render qwen3 examples/conversation.json --show mask

test: $(VENV)/.trl $(ENGINES)/node_modules/.stamp $(TOKENIZERS)/node_modules/.stamp $(BROWSER)/node_modules/.stamp check
	$(BIN)/python -m pytest -n 2

train: $(VENV)/.trl
	$(BIN)/python -m pytest -q tests/users/training

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

quick: lint
	$(BIN)/python -m pytest -q -n 2 --quick tests/unit tests/test_repository.py

check: lint
	$(BIN)/python -m pytest -q tests/test_repository.py

SECONDS ?= 300

fuzz: $(VENV)/.dev
	$(BIN)/python tools/fuzz.py --seconds $(SECONDS)

bench: $(VENV)/.dev $(TOKENIZERS)/node_modules/.stamp
	$(BIN)/python benchmarks/run.py; first=$$?; $(BIN)/python benchmarks/tokens.py && exit $$first

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.trl
	$(BIN)/python tools/lock.py

clean:
	rm -rf $(VENV) $(ENGINES)/node_modules $(TOKENIZERS)/node_modules $(BROWSER)/node_modules build dist compiler/chatwright/made compiler/*.egg-info *.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set up: the environment, then the project with what it needs, then what tests and checks need.

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then echo "chatwright needs Python 3.11 or later (as python3.11 or python3)" >&2; exit 1; fi
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The pip that comes with Python 3.11 knows no dependency groups.
$(VENV)/.pip: $(VENV)/.made $(LOCK)
	@$(PIP) pip
	@touch $@

$(VENV)/.project: $(VENV)/.pip pyproject.toml setup.py
	@echo "installing chatwright and what it needs into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.project
	@echo "installing what the tests and checks need into $(VENV)"
	@$(PIP) --group dev
	@$(PIP) --no-deps --group peers
	@touch $@

# Only the tests that need a model that samples, then those that train one with TRL.
$(VENV)/.torch: $(VENV)/.dev
	@echo "installing torch into $(VENV)"
	@$(PIP) --group torch
	@touch $@

$(VENV)/.trl: $(VENV)/.torch
	@echo "installing what a training with TRL needs into $(VENV)"
	@$(PIP) --group train
	@touch $@

# The JavaScript engine and the real tokenizers that the tests compare with, and the browser that reads reports. Their
# tests run where npm is; CI has it.
.PHONY: no-npm
ifeq ($(shell command -v npm 2>/dev/null),)
$(ENGINES)/node_modules/.stamp $(TOKENIZERS)/node_modules/.stamp $(BROWSER)/node_modules/.stamp: no-npm
no-npm:
	@if [ -n "$$CI" ]; then echo "npm is missing, and CI needs it for $(ENGINES), $(TOKENIZERS) and $(BROWSER)" >&2; exit 1; fi
	@echo "npm is missing: the tests of JavaScript engines, of real tokenizers and of reports in a browser are left out"
else
%/node_modules/.stamp: %/package.json %/package-lock.json
	@echo "installing $*"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
endif
