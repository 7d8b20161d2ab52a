# Two commands do everything: `make demo` and `make test`. They install what they lack into .venv and ~/.cache/hesabi.
SHELL := /bin/bash
PYTHON ?= python3
SECONDS := 90
PY := .venv/bin/python
INSTALLED := .venv/.installed
SERVICES := identity accounts notifications reports
ON_CONTAINERS := $(PY) -m deploy.local.engine
# Has a Kafka of its own, so it can run beside the other journeys.
RIGHTS := tests/journeys/test_least_privilege.py
# Journeys last: their services stay, and would share the groups of those that the component tests start.
# Gateway and mail need neither Kafka nor MongoDB, and the embedded Kafka no container: they are the same without. Of the
# last release there is a wheel and no image. Who logs in does so at an embedded Kafka.
CONTAINER_TESTS := $(PY) -m pytest -q tests/component tests/containers tests/journeys \
  --ignore=tests/component/test_sms_gateway.py --ignore=tests/component/test_mail.py \
  --ignore=tests/component/test_kafka_start.py \
  --ignore=tests/journeys/test_rolling_upgrade.py --ignore=$(RIGHTS)
# How texts hash decides the order of sets: a simulation's seed is the same day only under the same.
SAME_DAYS := PYTHONHASHSEED=0
# Journeys wait half of their time: for services that were killed to start, for a whole minute of a code. Simulated
# days, whose clocks are made up, and then the making of images take what they leave; the journey with a Kafka of its own
# comes behind them.
IN_THE_PAUSES := GENTLY="nice -n 19"
# Three workers, since component tests wait for much; each has a Kafka and a MongoDB of its own. Servers that were given by
# address are one for all.
SIDE_BY_SIDE := $(if $(HESABI_KAFKA_BOOTSTRAP)$(HESABI_MONGO_URI),,-n 3 --dist loadfile)
# What the gate runs on containers besides everything on the embedded servers: all of it takes a quarter of an hour.
CONTAINER_CORE := $(PY) -m pytest -q tests/component/test_stack.py tests/component/test_store.py \
  tests/component/test_log.py tests/component/test_chassis_breakdowns.py tests/component/test_accounts_transfer.py \
  tests/containers tests/journeys/test_journey.py tests/journeys/test_report_link.py

.DEFAULT_GOAL := help
.PHONY: help demo up test journeys images rights test-containers check static contracts release-contracts corpus corpus-journey wheel manifests bench bench-growth counts simulate chaos stack pins clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
	  || grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## one person's journey on a real Kafka and MongoDB, shown live
	$(PY) -m deploy.local.demo

up: $(INSTALLED) ## all of it, running until Ctrl-C, to be played with by ./hesabi
	@$(PY) -m deploy.local.up

test: static ## the gate: static checks, every test on the real stack, a short chaos, then containers (CI runs this)
	$(PY) -m pytest -q tests/contract tests/guards
	$(SAME_DAYS) $(PY) -m pytest -q $(SIDE_BY_SIDE) tests/component tests/unit tests/corpus tests/simulation
	$(MAKE) --no-print-directory --jobs=2 journeys simulate images rights $(IN_THE_PAUSES)
	$(MAKE) --no-print-directory chaos SECONDS=90
	$(ON_CONTAINERS) --if-possible $(CONTAINER_CORE)

journeys: $(INSTALLED) ## what a person does from the first day to a transfer, while services are killed and upgraded
	$(PY) -m pytest tests/journeys --ignore=$(RIGHTS)

rights: $(INSTALLED) ## the demo's journey on a Kafka with TLS, logins and the rights that the manifests give
	$(PY) -m pytest -q $(RIGHTS)

images: $(INSTALLED)
	@$(GENTLY) $(ON_CONTAINERS) --if-possible true

test-containers: $(INSTALLED) ## every component test and journey, all of it in containers (a quarter of an hour)
	$(ON_CONTAINERS) $(CONTAINER_TESTS)

check: static ## the fast gate: format, lint, types, imports, tests without Kafka and MongoDB
	$(SAME_DAYS) $(PY) -m pytest -q tests/unit tests/contract tests/guards tests/corpus tests/simulation

contracts: $(INSTALLED) ## write the published schemas, samples and AsyncAPI; refuses what breaks a promise
	$(PY) -m deploy.publishing

release-contracts: $(INSTALLED) ## from now on the published files are a promise
	$(PY) -m deploy.publishing --release

corpus: $(INSTALLED) ## keep what today's states and messages add to the corpus of the releases (seconds)
	$(PY) -m tests.corpus

corpus-journey: $(INSTALLED) ## before a release: record a whole journey into the corpus (3 minutes)
	$(PY) -m tests.corpus --journey

wheel: $(INSTALLED) ## release this version: build its wheel, lock it with its corpus (docs/releasing.md)
	$(PY) -m tests.release

manifests: $(INSTALLED) ## write the Kafka topics and users for Kubernetes
	$(PY) -m deploy.kubernetes.generate

bench: $(INSTALLED) ## throughput, latency, memory and the code lane beside their peers (ROWS="a codes" for a part)
	$(PY) -m tests.benchmarks $(ROWS)

chaos: $(INSTALLED) ## break real processes and hold a ledger against what is left; SECONDS=420 is a full run (docs/chaos.md)
	$(PY) -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE)) $(if $(WITHOUT),--without $(WITHOUT))

bench-growth: $(INSTALLED) ## throughput with more partitions, processes and documents
	$(PY) -m tests.benchmarks.growth

counts: $(INSTALLED) ## keep what each stage of the loop costs today, in instructions; make check refuses a tenth more
	$(PY) -m tests.benchmarks.counts

simulate: $(INSTALLED) ## made-up days with everything that can go wrong: SEEDS=2000 FIRST=1, or one of them told: SEED=17
	@$(SAME_DAYS) $(GENTLY) $(PY) -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),2000) --first $(or $(FIRST),1))

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
	for image in chassis $(SERVICES) operators traces; do .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --constraint requirements/dev.txt \
	  $$(test $$image = chassis || echo --extra $$image) pyproject.toml --output-file requirements/$$image.txt || exit 1; done
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
	@# Compiled here, once, as in the images: not by each process where nothing may be written beside the sources.
	@.venv/bin/uv pip sync --quiet --compile-bytecode --python $(PY) requirements/dev.txt
	@touch $@
