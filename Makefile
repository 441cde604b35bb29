# `make run` serves a registry; `make test` runs all checks and tests.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
# The number of processors, on Linux, by POSIX, and on macOS
WORKERS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || sysctl -n hw.ncpu)

# Keep compiled code for the many processes of the tests, even where an image sets this
unexport PYTHONDONTWRITEBYTECODE

# What pip installs is pinned by constraints.txt; "compat" puts this folder itself on
# the path, so that tests and benchmarks are found as well
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check \
	--no-input -c constraints.txt --config-settings editable_mode=compat

# Checks must not depend on the settings of the person who runs them
CHECKED := env -u DATABASE_URL -u CACHE_URL -u ALLOWED_HOSTS -u REGISTRY_URL -u PORT \
	-u REGISTRY_DEBUG -u REGISTRY_HTTPS -u REGISTRY_PROXIES -u WEB_CONCURRENCY \
	-u GITHUB_URL -u GITHUB_CLIENT_ID -u GITHUB_CLIENT_SECRET \
	-u GITHUB_ALLOWED_USERS -u GITHUB_ALLOWED_ORGS \
	REGISTRY_ENV_FILE=/dev/null REGISTRY_DATA_DIR=$(CURDIR)/.cache/check
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist loadgroup

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.runtime  ## serve a registry: PORT=8123 REGISTRY_DATA_DIR=/some/where make run
	@export REGISTRY_THROTTLE_EXEMPT="$${REGISTRY_THROTTLE_EXEMPT-127.0.0.0/8,::1}"; \
	$(PY) manage.py prepare && exec $(PY) manage.py serve --example-agent

# MAKE_COMMAND instead of MAKE: with MAKE, `make -n test` would run the tests
.PHONY: test
test: $(VENV)/.develop system_packages  ## run all checks and tests, on SQLite and on PostgreSQL, side by side
	@$(PY) scripts/side_by_side.py \
	checks '$(MAKE_COMMAND) --no-print-directory check' \
	SQLite '$(PYTEST) --database sqlite' \
	PostgreSQL '$(PYTEST) --database postgresql'

.PHONY: test-fast
test-fast: $(VENV)/.develop  ## run the quick tests on SQLite, without servers, browsers or clients
	$(PYTEST) --database sqlite -m 'not live and not slow'

.PHONY: check
check: $(VENV)/.develop  ## check lint, types, layers, migrations, deployment, OpenAPI
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(CHECKED) $(PY) -m mypy
	$(CHECKED) $(VENV)/bin/lint-imports
	$(CHECKED) $(PY) manage.py makemigrations --check --dry-run
	$(CHECKED) REGISTRY_HTTPS=1 $(PY) manage.py check --deploy --fail-level WARNING
	$(CHECKED) $(PY) manage.py spectacular --validate --fail-on-warn --file .cache/openapi.yaml
	@diff -u docs/reference/openapi.yaml .cache/openapi.yaml || \
	{ echo "docs/reference/openapi.yaml differs from the code: run 'make openapi'"; exit 1; }

.PHONY: openapi
openapi: $(VENV)/.develop  ## write docs/reference/openapi.yaml
	$(CHECKED) $(PY) manage.py spectacular --validate --fail-on-warn --file docs/reference/openapi.yaml

.PHONY: constraints
constraints: $(VENV)/.develop  ## pin the installed packages in constraints.txt
	$(PY) -m pip freeze --exclude-editable > constraints.txt

.PHONY: agent
agent: $(VENV)/.runtime  ## build the agent, build/registry-agent.pyz, which executes run requests
	$(PY) -m scripts.build_agent

.PHONY: bench
bench: $(VENV)/.develop  ## measure the API on a large PostgreSQL database, and run requests on both
	$(PY) -m bench
	$(PY) -m bench.execution --database sqlite
	$(PY) -m bench.execution --database postgresql

.PHONY: chaos
chaos: $(VENV)/.develop  ## kill agents and the registry at random for two minutes, on both databases
	for database in sqlite postgresql; do \
	CHAOS_SECONDS=120 CHAOS_JOBS=20 CHAOS_AGENTS=4 $(PY) -m pytest -q --database $$database \
	tests/execution/live/test_chaos.py || exit 1; done

.PHONY: attack
attack: $(VENV)/.develop  ## attack a registry of its own, on SQLite and on PostgreSQL
	$(PY) -m attacks --serve --seconds 2

.PHONY: clean
clean:  ## remove everything that was built, but not the data in var/
	rm -rf $(VENV) $(VENV)-clients .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: system_packages
system_packages:
	@scripts/system_packages.sh

# Environments: one for serving, and one with the tools of developers

$(VENV)/.runtime: pyproject.toml constraints.txt | $(PY)
	@echo "Installing the requirements of a registry into $(VENV) …"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.develop: pyproject.toml constraints.txt | $(PY)
	@echo "Installing the requirements of tests and checks into $(VENV) …"
	@$(INSTALL) -e '.[test,dev]'
	@touch $(VENV)/.runtime $@

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is required, and no python3 was found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or later is required; $(PYTHON) is $$($(PYTHON) --version). Choose another: PYTHON=/path/to/python3.11 make …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create $(VENV): on Debian, install python3-venv."; exit 1; }
