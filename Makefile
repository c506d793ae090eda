.PHONY: help demo test check fix lock bench faults
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.runs  ## the rehearsal room at http://127.0.0.1:8080: no account, no token
	@$(BIN)/homeroom demo

test: $(VENV)/.tests  ## every test, on SQLite and PostgreSQL, with a real browser
	@tests/run

check: $(VENV)/.tests  ## lint, types, imports, course, migrations
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo && $(BIN)/homeroom check

fix: $(VENV)/.tests  ## let ruff mend what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.benches  ## every figure, each beside a baseline in the same run; BENCH="commands answers" chooses
	@$(BIN)/python benchmarks/every.py $(BENCH)

faults: $(VENV)/.tests  ## the long fault suite: every fault, 1,000 kills and a control for each protection, with a table
	@$(BIN)/python tests/faults/fault_report.py --kills 1000 --seed 1
	@HOMEROOM_LONG=1 tests/run $$(grep -rl --include='test_*.py' long_runs tests)

lock: $(VENV)/.tests  ## pin every dependency again, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--no-annotate pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--no-annotate --extra test --extra check pyproject.toml -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--no-annotate --extra test --extra bench --constraint requirements-dev.txt pyproject.toml -o requirements-bench.txt

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Homeroom needs Python 3.11 or newer: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.runs: $(VENV)/.made requirements.txt pyproject.toml
	@echo "Installing Homeroom into $(VENV) …"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable . && touch $@

$(VENV)/.tests: $(VENV)/.made requirements-dev.txt pyproject.toml
	@echo "Installing Homeroom and its tools into $(VENV) …"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable . && touch $@ $(VENV)/.runs

$(VENV)/.benches: $(VENV)/.tests requirements-bench.txt
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-bench.txt && touch $@
