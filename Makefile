# Yunfan 云帆. `make help` lists what there is. Needs GNU make, Python >= 3.11 and the package registries, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Half of a start would be spent compiling what was compiled before.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PRIVATE_UV := .yunfan/uv

# the newest of the usual names that is 3.11 or newer; some of them may be there and not work
FIND_PYTHON := for name in $(PYTHON) python3.13 python3.12 python3.11 python3 python3.14 python; do \
	if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then command -v "$$name"; break; fi; done
FIND_UV := command -v uv || { test -x $(PRIVATE_UV)/bin/uv && echo $(PRIVATE_UV)/bin/uv; } || true

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-9s %s\n' "$$name" "$$text"; done

.PHONY: install
install: $(STAMP) ## Install everything into .venv (done by the others when needed)

$(STAMP): requirements.lock pyproject.toml
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "Yunfan needs Python 3.11 or newer: install it, or name it, for example make install PYTHON=/opt/python3.12/bin/python3." >&2; exit 1; fi; \
	uv=$$($(FIND_UV)); \
	if [ -z "$$uv" ]; then \
		if ! "$$python" -m venv --clear $(PRIVATE_UV) >/dev/null 2>&1 && \
			! { "$$python" -m venv --clear --without-pip $(PRIVATE_UV) && "$$python" -m pip --python $(PRIVATE_UV)/bin/python --version >/dev/null 2>&1; }; then \
			rm -rf $(PRIVATE_UV); \
			echo "$$python cannot make a virtual environment with pip: install its venv package (Debian and Ubuntu: apt install python3-venv), or uv." >&2; exit 1; fi; \
		if [ -x $(PRIVATE_UV)/bin/pip ]; then $(PRIVATE_UV)/bin/python -m pip install --quiet --disable-pip-version-check uv; \
		else "$$python" -m pip --python $(PRIVATE_UV)/bin/python install --quiet --disable-pip-version-check uv; fi; \
		uv=$(PRIVATE_UV)/bin/uv; fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		"$$uv" venv --quiet --clear --no-project --python "$$python" $(VENV); fi; \
	VIRTUAL_ENV=$(CURDIR)/$(VENV) "$$uv" pip sync --quiet --compile-bytecode --require-hashes requirements.lock; \
	VIRTUAL_ENV=$(CURDIR)/$(VENV) "$$uv" pip install --quiet --no-deps --editable .; \
	touch $(STAMP)

.PHONY: run
run: $(STAMP) ## Start Yunfan on http://127.0.0.1:8000 (YUNFAN_PORT, YUNFAN_DATA); Ctrl-C stops it
	@exec $(BIN)/yunfan up

.PHONY: browser
browser: $(STAMP) ## Install Chromium and Firefox for the tests where they are missing (done by test)
	@$(BIN)/python -m infra.browser

.PHONY: test
test: $(STAMP) browser ## Run the tests, each worker on a real PostgreSQL and Redis of its own
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: check
check: $(STAMP) ## Lint, types, room borders, migrations, generated files, contract tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/squawk --assume-in-transaction infra/migrations/versions/*.sql
	$(BIN)/yunfan schema --check
	$(BIN)/python -m pytest -q tests/contracts tests/web/test_checks.py

.PHONY: soak
soak: $(STAMP) browser ## Run the long tests
	@$(BIN)/python -m pytest -m soak

.PHONY: bench
bench: $(STAMP) browser ## Measure and write infra/bench/results.json; ONLY=prefix replaces only its rows
	@$(BIN)/python -m infra.bench $(if $(ONLY),--only $(ONLY))

# The lock file names versions and hashes and no address, so that it works with any registry.
.PHONY: lock
lock: ## Choose the newest allowed versions of all dependencies and write requirements.lock
	@uv=$$($(FIND_UV)); test -n "$$uv" || { echo "To lock you must have uv: run make install first." >&2; exit 1; }; \
	{ printf '%s\n' '# Written by make lock: versions and hashes for Python 3.11 and newer, Linux and macOS.'; \
	"$$uv" pip compile pyproject.toml --quiet --upgrade --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links; } > requirements.lock.new; \
	if grep -nE '://|^ *-(-index|i |-extra|-find|-trusted)|[ =]/' requirements.lock.new; then \
		echo "requirements.lock would hold an address; it was not replaced." >&2; rm requirements.lock.new; exit 1; fi; \
	mv requirements.lock.new requirements.lock
