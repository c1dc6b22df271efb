# One virtual environment for everything; the stamps in it say which list it was filled from.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --quiet $(UPGRADE)

.DEFAULT_GOAL := run
.PHONY: run test lint format lock nightly bench clean

run: $(VENV)/.run ## the server, the gateway in a box, an identity provider and a shop; PORT=9000 moves it
	@exec $(BIN)/python -m mobbscan_sandbox.demo --port-base $(PORT) $(ARGS)

# Half of the time tests wait for servers and browsers: three processes share the files among them,
# on two cores too. The order stays as tests/conftest.py has made it: those that take long come first.
test: lint ## everything; pytest comes last, so its closing line is the last one
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/djlint templates --lint --quiet

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

nightly: $(VENV)/.dev ## the long runs too, and every test with a server on SQLite and on PostgreSQL
	@$(BIN)/python -m pytest -m "nightly or not nightly" --database=both --hypothesis-profile=nightly --timeout=3600 $(ARGS)

bench: $(VENV)/.dev ## figures, each against a control of the same run; asserts nothing
	@set -e; for each in $(wildcard bench/bench_*.py); do $(BIN)/python $$each; done

lock: $(VENV)/.dev ## compile requirements/; "make lock UPGRADE=--upgrade" takes newer releases
	@$(LOCK) -o requirements/core.txt
	@$(LOCK) --extra sandbox -c requirements/core.txt -o requirements/sandbox.txt
	@$(LOCK) --extra sandbox --group dev -c requirements/sandbox.txt -o requirements/dev.txt

clean:
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
