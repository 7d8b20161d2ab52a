# Two commands do everything: `make demo` and `make test`. They install what they lack into .venv and ~/.cache/hesabi.
SHELL := /bin/bash
PYTHON ?= python3
PY := .venv/bin/python
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check static contracts bench stack pins clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
	  || grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## one person's journey on a real Kafka and MongoDB, shown live
	$(PY) -m deploy.local.demo

test: static ## the gate: static checks, then every test on the real stack (CI runs this)
	$(PY) -m pytest

check: static ## the fast gate: format, lint, types, imports, tests without Kafka and MongoDB
	$(PY) -m pytest -q tests/unit tests/contract tests/guards

contracts: $(INSTALLED) ## write the published schemas and samples
	$(PY) -m contracts.publish

bench: $(INSTALLED) ## throughput and latency beside the bare loop and the plain handler
	$(PY) -m tests.benchmarks

stack: $(INSTALLED) ## a bare Kafka and MongoDB in the foreground, for developers
	$(PY) -m deploy.local.stack

static: $(INSTALLED)
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo --no-cache

pins: $(INSTALLED) ## resolve the pinned requirements again
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --all-extras pyproject.toml --output-file requirements/dev.txt
	echo "uv==$$(.venv/bin/uv --version | cut -d' ' -f2)" | .venv/bin/uv pip compile --quiet --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate - --output-file requirements/uv.txt

clean: ## remove what was made here (the downloads in ~/.cache/hesabi stay)
	rm -rf .venv .local out .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/dev.txt requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; say which: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing (Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "installing Python packages into .venv"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@.venv/bin/uv pip sync --quiet --python $(PY) requirements/dev.txt
	@touch $@
