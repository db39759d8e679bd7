# Two commands matter: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV := .venv/tools/bin/uv

# Node carries its own list of certificates; the system's is the one that this machine's owner keeps.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
endif

.PHONY: help run test check bench lock setup setup-dev screenshots pictures texts clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/ —/'

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) -m venv .venv || { echo 'The venv module is missing; on Debian: apt-get install python3-venv'; exit 1; }
	@touch $@

.venv/.run: .venv/.made requirements.lock pyproject.toml
	@echo 'Installing what the vault needs (once) …'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo 'Installing what the tests need (once) …'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

tests/interop/node_modules/.package-lock.json: tests/interop/package.json tests/interop/package-lock.json
	@if ! command -v npm >/dev/null; then echo 'Node is missing: the tests that need it will say so.'; \
	elif npm ci --prefix tests/interop --no-audit --no-fund --loglevel=error; then touch $@; \
	else echo 'npm could not install: the tests that need it will say so.'; fi

setup: .venv/.run ## make .venv with the locked packages and this project, editable

setup-dev: .venv/.dev tests/interop/node_modules/.package-lock.json ## the same, with what tests and checks need

run: setup ## serve http://localhost:8000 with sample data, on SQLite under ./data
	@$(BIN)/healthvault serve --demo

test: setup-dev ## everything, on SQLite and, where HEALTHVAULT_TEST_POSTGRES_URL is set, PostgreSQL
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -q

check: setup-dev ## ruff, mypy strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: setup-dev ## ratios against the peers named in the docs, in one run
	@$(BIN)/python -m tests.benchmarks

screenshots: setup-dev ## pictures of every page, wide and narrow, light and dark, under test-results/screenshots
	@LOOKS=all $(BIN)/python -m pytest -n 2 --dist loadgroup -q tests/browser -k screenshots

pictures: screenshots ## the pictures of README and tour, out of those
	@$(BIN)/python -m tests.browser.readme_pictures

$(UV): .venv/.made
	@$(PYTHON) -m venv .venv/tools && .venv/tools/bin/python -m pip install --quiet uv

texts: setup-dev ## the catalogue of everything that people read, and how old a reader must be
	@$(BIN)/python -m tests.texts.catalogue
	@$(BIN)/python -m tests.texts.reading_age

lock: $(UV) ## resolve again: requirements.lock, requirements-dev.lock, with hashes and without addresses
	@$(UV) pip compile $(LOCK) --group build --output-file requirements.lock pyproject.toml
	@$(UV) pip compile $(LOCK) --group build --group dev --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml

LOCK := --quiet --no-config --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header

clean: ## remove what was made, not your data
	@rm -rf .venv tests/interop/node_modules test-results dist .mypy_cache .ruff_cache .hypothesis
