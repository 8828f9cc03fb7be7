# Thin wrappers; README.md says how to do without make.
PYTHON ?= $(firstword $(foreach name,python3.11 python3 python,$(shell command -v $(name))))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
NPM_CI := npm ci --no-audit --no-fund --loglevel=error
ASSETS := web/node_modules/.built
WEB := $(wildcard web/*.json web/*.mjs web/*.css web/*.LICENSE web/.npmrc web/scripts/*.js web/scripts/*/*.js \
	src/linnet/dashboard/templates/*.html)
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# Python packages and web assets are fetched at the same time.
MAKEFLAGS += --jobs=2

.PHONY: setup run test lint format guide bench texts lock clean
.DELETE_ON_ERROR:

setup: $(VENV)/.installed

# Debian's Python has venv without the pip to put into it; its own pip can do that.
$(BIN)/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer was not found; say which to use: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --quiet --python $(BIN)/python install pip; }

# The lock is complete, so that nothing is left to resolve; and all cores compile, where pip would use one.
$(VENV)/.locked: requirements.lock | $(BIN)/python
	$(PIP) install --no-deps --no-compile --require-hashes --requirement requirements.lock
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@

$(ASSETS): $(WEB)
	@command -v npm >/dev/null || { echo "npm was not found: install Node.js 20 or newer, which brings it."; exit 1; }
	cd web && $(NPM_CI) && npm run build --silent

$(VENV)/.installed: $(VENV)/.locked $(ASSETS) pyproject.toml hatch_build.py
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.developed: $(VENV)/.installed requirements-dev.lock tests/journey/package-lock.json
	$(PIP) install --no-deps --require-hashes --requirement requirements-dev.lock
	cd tests/journey && $(NPM_CI)
	@touch $@

run: setup
	@$(BIN)/linnet serve

# Everything that CI checks, the tests last.
test: lint
	$(BIN)/pytest --numprocesses=3

lint: $(VENV)/.developed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.developed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The pictures of the user guide, from the tests that drive a browser.
guide: $(VENV)/.developed
	GUIDE_IMAGES=docs/guide/images $(BIN)/pytest tests/browser

bench: $(VENV)/.developed
	$(BIN)/python -m bench

# The dashboard's texts, gathered for who translates them, and what there is of translations brought up to date: docs/translating.md.
LOCALE := src/linnet/dashboard/locale
texts: $(VENV)/.developed
	mkdir -p $(LOCALE)
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keywords marked --add-comments Translators: \
		--no-wrap --add-location file --sort-by-file --omit-header --output-file $(LOCALE)/linnet.pot src/linnet/dashboard
	for po in $(wildcard $(LOCALE)/*/LC_MESSAGES/linnet.po); do \
		language=$$(basename $$(dirname $$(dirname $$po))); \
		$(BIN)/pybabel --quiet update --no-wrap --ignore-obsolete --input-file $(LOCALE)/linnet.pot \
			--domain linnet --output-dir $(LOCALE) --locale $$language && \
		$(BIN)/pybabel --quiet compile --domain linnet --directory $(LOCALE) --locale $$language || exit; \
	done

# The locks hold versions and hashes, no addresses. Conditions of packages are left out of them, so where atheris has a wheel, and
# which Pythons have no zstd of their own, is said once more. npm's are made from nothing: from what is installed here, it would
# leave out what other platforms need.
lock: | $(BIN)/python
	$(PIP) install pip-tools
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	sed -i '/^atheris==/s/ \\$$/ ; sys_platform == "linux" and platform_machine == "x86_64" \\/' requirements-dev.lock
	sed -i '/^backports-zstd==/s/ \\$$/ ; python_version < "3.14" \\/' requirements.lock requirements-dev.lock
	for project in web tests/journey; do (cd $$project && rm -rf node_modules package-lock.json && \
		npm install --package-lock-only --no-audit --no-fund --loglevel=error) || exit; done

clean:
	rm -rf $(VENV) web/node_modules tests/journey/node_modules
