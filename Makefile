# make demo    set up and run the checkout        make test    set up and run all tests
# make setup   only set up                        make clean   remove what these make
# make mutants plant faults in a copy of the program, one at a time, and see which test finds each;
#              make mutants WORDS=depth plants those whose title has that word
# make live-runs  run the scenarios of docs/live.md on all four brokers, and fill in its tables anew
# make generated  write every generated table, schema and output anew; fails where a mark for one is missing
# make docs    build the documentation site into site/, and check it (in a browser only where Chromium is installed)
# make site    build the browser edition into build/site/ and build/syncasync-sim.html (needs Node and npm)
# make lowest  run the core's tests with the lowest version of every dependency that pyproject.toml allows
# make pictures  draw the pictures of the README anew (that of the page only where Chromium is installed)
#
# Needs Python 3.11 or newer with its venv module, and make. Another Python: make test PYTHON=python3.13

# The first of these that is new enough; the last resort is named so that the message can say what is missing.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.14 python, \
            $(if $(shell $(p) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(p))) python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# What is installed follows from these; when one changes, or .venv is gone, it is installed anew.
INPUTS := pyproject.toml constraints.txt

.PHONY: demo test setup mutants generated docs site lowest pictures live-runs clean
.DEFAULT_GOAL := demo

demo: .venv/.installed
	$(BIN)/syncasync-sim run checkout
	@echo
	@echo "Now type  source $(BIN)/activate  in this terminal; then  syncasync-sim lesson 1  begins the lessons."

test: .venv/.installed-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

setup: .venv/.installed-dev

mutants: .venv/.installed-dev
	$(BIN)/python tests/mutants.py $(WORDS)

generated: .venv/.installed-dev
	PYTHONPATH=tools $(BIN)/python -m generate

docs: .venv/.installed-docs
	PYTHONPATH=tools $(BIN)/python -m docs_site

site: .venv/.installed
	npm ci --silent --ignore-scripts --no-audit --no-fund --prefix web
	PYTHONPATH=tools $(BIN)/python -m web_site

# What the core's tests need, in an environment of its own; what the program needs is taken as low as it may be.
LOWEST := build/lowest
CORE := tests/by_hand tests/bad_input tests/surface/test_cli.py tests/surface/test_charts.py \
        tests/surface/test_sweep_charts.py tests/surface/test_notebook.py tests/surface/test_tables.py

lowest: .venv/.made
	$(PIP) install -c constraints.txt --group lowest
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
	  -e '.[notebook,dask,pandas,live]'
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --group test
	$(LOWEST)/bin/python -m pytest -n auto -W ignore::DeprecationWarning $(CORE)

pictures: .venv/.installed
	$(BIN)/python docs/pictures/make.py

live-runs: .venv/.installed-dev
	$(BIN)/python docs/live-runs/record_runs.py
	$(MAKE) generated

.venv/.installed: .venv/.made $(INPUTS)
	@echo "Installing syncasync-sim into .venv ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/.installed-dev: .venv/.made $(INPUTS)
	@echo "Installing syncasync-sim and what its tests need into .venv ..."
	@$(PIP) install -c constraints.txt -e . --group dev
	@touch .venv/.installed $@

.venv/.installed-docs: .venv/.made $(INPUTS)
	@echo "Installing syncasync-sim and what builds its documentation into .venv ..."
	@$(PIP) install -c constraints.txt -e . --group docs
	@touch .venv/.installed $@

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo 'not there')." >&2; \
	  echo "Install one, or name it:  make $(or $(MAKECMDGOALS),demo) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) install --upgrade -c constraints.txt pip
	@touch $@

clean:
	rm -rf .venv benchmarks/.venvs web/node_modules build dist output site .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
