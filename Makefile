# Everything a newcomer needs: `make up` for the cloud with a shop running on it, `make test` for all tests.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 4566

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/installed: pyproject.toml
	@echo "Setting up $(VENV) (a minute, once) …"
	@$(PYTHON) scripts/make_venv.py $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed capstone/requirements-dev.txt
	@echo "Installing the tools for tests …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --requirement capstone/requirements-dev.txt
	@touch $@

up: $(VENV)/installed ## Start the cloud, deploy the shop, walk a customer through it, check it line by line
	@$(BIN)/cloudarium up --port $(PORT)
	@$(BIN)/cloudarium capstone up

down: ## Stop the cloud (its state stays)
	@if [ -x $(BIN)/cloudarium ]; then $(BIN)/cloudarium down; else echo "No cloud was running."; fi

test: $(VENV)/installed-dev ## Set up and run all tests
	@$(BIN)/python -m tests.clients
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder

check: $(VENV)/installed-dev ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd capstone && ../$(BIN)/mypy

bench: $(VENV)/installed-dev ## Measure the small calls beside a bare server and the peers, then whether they stay small
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.growth
	@$(BIN)/python -m bench.caches

coverage: $(VENV)/installed-dev ## Write docs/coverage.md from the code
	@$(BIN)/python scripts/generate_coverage.py

SECONDS ?= 600
fuzz: $(VENV)/installed-dev ## Attack a cloud with hostile input: SECONDS=600, ONLY=area,area, SEED=, EXAMPLE=
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) \
		$(if $(EXAMPLE),--example $(EXAMPLE))

KILLS ?= 100
crash: $(VENV)/installed-dev ## Kill a cloud again and again under writes of all kinds: KILLS=100, SEED=
	@CLOUDARIUM_CRASHES=$(KILLS) CLOUDARIUM_CRASH_SEED=$(SEED) $(BIN)/python -m pytest tests/journeys/crash -q -s

clean: down ## Remove what was set up here (the cloud's state stays)
	rm -rf $(VENV) .venv-clients dist .pytest_cache .mypy_cache .ruff_cache

.PHONY: help up down test check bench fuzz crash coverage clean
