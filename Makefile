# One virtual environment; the stamps in it name the requirements that have been installed.
PYTHON ?= python3
# Not ?=: a shell that has loaded my-site.env exports the PORT of that website.
PORT = 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --quiet $(UPGRADE)

# A test run starts hundreds of processes; without it each of them compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: help run test lint format coverage nightly bench openapi lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## run the server with the sandbox, an identity provider and a shop; PORT=9000 moves it
	@exec $(BIN)/python -m mobbscan_sandbox.demo --port-base $(PORT) $(ARGS)

# Tests wait half of the time, for servers and browsers: four processes suit two cores. Files that take long
# come first, see tests/conftest.py.
test: lint ## run linters, types and all tests; ARGS='-k word' passes options to pytest
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev ## run ruff, mypy, import contracts, deptry and djlint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/djlint templates --lint --quiet

format: $(VENV)/.dev ## format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

coverage: $(VENV)/.dev ## run the unit tests with branch coverage; fails below the floor in pyproject.toml
	@$(BIN)/coverage run -m pytest tests/unit -p no:xdist -q
	@$(BIN)/coverage report

nightly: $(VENV)/.dev ## run all tests on both databases, with storms and fuzzing (hours)
	@$(BIN)/python -m pytest -m "nightly or not nightly" --database=both --hypothesis-profile=nightly --timeout=3600 $(ARGS)

bench: $(VENV)/.dev ## print performance figures, each against a control of the same run
	@set -e; for each in $(wildcard bench/bench_*.py); do $(BIN)/python $$each; done

openapi: $(VENV)/.dev ## write docs/openapi.json, the description of the API
	@$(BIN)/python -m tests.support.export_openapi

lock: $(VENV)/.dev ## compile requirements/; UPGRADE=--upgrade takes newer releases
	@$(LOCK) -o requirements/core.txt
	@$(LOCK) --extra sandbox -c requirements/core.txt -o requirements/sandbox.txt
	@$(LOCK) --extra sandbox --group dev -c requirements/sandbox.txt -o requirements/dev.txt

clean: ## remove the virtual environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov test-results
	find webapp mobbscan_sandbox tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'This needs Python 3.11 or newer as "$(PYTHON)". Another one can be named: make run PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'Python cannot make virtual environments here. On Debian or Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Preparing $(VENV) (once, about a minute)…'
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# requirements/sandbox.txt holds core.txt too, requirements/dev.txt holds both (tests/architecture proves it).
$(VENV)/.run: $(VENV)/.made requirements/core.txt requirements/sandbox.txt
	@$(PIP) -r requirements/sandbox.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements/dev.txt
	@$(PIP) -r requirements/dev.txt
	@touch $@ $(VENV)/.run
