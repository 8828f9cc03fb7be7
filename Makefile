# Thin wrappers; see README.md for what they do without make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml hatch_build.py $(wildcard web/*.json web/*.mjs web/*.css web/.npmrc)

.PHONY: setup run test check format bench lock clean
.DELETE_ON_ERROR:

setup: $(VENV)/.installed

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 was not found; say which to use: make PYTHON=python3 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python requirements.lock $(SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.developed: $(VENV)/.installed requirements-dev.lock tests/journey/package-lock.json
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	cd tests/journey && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

run: setup
	@$(BIN)/linnet serve

# Everything that CI checks, the tests last.
test: check
	$(BIN)/pytest --numprocesses=2 --dist=loadgroup

check: $(VENV)/.developed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.developed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.developed
	$(BIN)/python -m bench

# The locks hold versions and hashes, no addresses.
lock: $(BIN)/python
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) web/node_modules tests/journey/node_modules
