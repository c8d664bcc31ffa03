# `make demo` and `make test` are all that a fresh machine with Python 3.11 needs; each makes what it uses.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=constraints.txt $(BIN)/pip --disable-pip-version-check
JOBS ?= 2

.PHONY: demo test check format snapshots clean

demo: $(VENV)/.runtime
	@$(BIN)/atsn demo

test: check
	$(BIN)/pytest -n $(JOBS) --dist worksteal

check: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

snapshots: $(VENV)/.development
	$(BIN)/pytest tests/console --snapshot-update

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("ATSN needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing ATSN into $(VENV) …"
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.development: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing ATSN and its development tools into $(VENV) …"
	@$(PIP) install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.runtime
