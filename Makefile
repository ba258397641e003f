# The verbs of this project. Each does the set-up it needs, and only when something changed.
#
#   PYTHON=python3.12   the interpreter that the virtual environment is made with (3.11 or newer)
#   VENV=.venv          where the virtual environment is
#   TEST_PROCESSES=4    how many processes run the tests

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# How the container stack is built and started; another command where images cannot be pulled.
COMPOSE_UP ?= docker compose up --detach --wait --build

# How many processes run the tests. Most of the time they wait for servers, so more of them than there are cores. Files are
# taken in order: those with the longest tests come first, and what is left at the end is short.
TEST_PROCESSES ?= 4

VENV ?= .venv
export VENV PYTHON

# Images of Python often set this. Without compiled files beside the sources, every process compiles all it imports anew:
# seconds each time, in place of a third of one.
unexport PYTHONDONTWRITEBYTECODE

bin := $(VENV)/bin
python := $(bin)/python
all-tests := $(python) -m pytest --integration --e2e --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder
set-up := requirements/set-up
code := splits evaluator submissions worker leaderboard

# An environment that was copied, moved or left without its interpreter is made again, whatever its stamps say.
usable := $(shell [ "$$(cat $(VENV)/.made-for 2>/dev/null)" = "$(CURDIR)" ] && $(python) -c '' 2>/dev/null && echo yes)
again := $(if $(usable),,always)

.PHONY: help
help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

# --- what people come for -------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.core ## The main job on toy data: train, submit, score, print both boards (no server, no download of data)
	@$(bin)/rematch demo

.PHONY: demo-models
demo-models: $(VENV)/.run-models ## The same, then a tiny CLIP trained here under three seeds and run by name (needs torch: 6 GB)
	@$(bin)/rematch demo --models

.PHONY: serve
serve: $(VENV)/.core ## The board in a browser, with a local worker
	@$(bin)/rematch serve

.PHONY: env
env: ## Write .env with random secrets for the container stack, unless it is there
	@deploy/make-env

.PHONY: up
up: ## The container stack: database, queue, API, board, workers (needs docker)
	@$(COMPOSE_UP) || { docker compose ps --all; docker compose logs --tail 20; exit 1; }

.PHONY: down
down: ## Stop the container stack; what it keeps stays
	@docker compose --profile '*' down

.PHONY: logs
logs: ## What the container stack logs, as it comes
	@docker compose --profile '*' logs --follow --tail 100

.PHONY: test
test: lint types $(VENV)/.models $(VENV)/.system ## The full gate: lint, types, and the unit, integration and browser tests
	$(all-tests)

# --- while developing -----------------------------------------------------------------------------------------------

.PHONY: install
install: $(VENV)/.models ## The virtual environment with everything that developing needs

.PHONY: install-models
install-models: $(VENV)/.run-models ## The virtual environment with what running models needs: torch and its friends, 6 GB

.PHONY: unit
unit: $(VENV)/.models ## The unit tests alone: no service, no browser
	$(python) -m pytest

.PHONY: lint
lint: $(VENV)/.dev ## Style, formatting, import directions, spelling
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/lint-imports
	$(bin)/codespell

.PHONY: types
types: $(VENV)/.dev ## mypy, strict
	$(python) -m mypy

.PHONY: format
format: $(VENV)/.dev ## Let ruff mend what it can
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

.PHONY: e2e-compose
e2e-compose: $(VENV)/.dev $(VENV)/.system ## The container stack for real: brought up, used, broken, taken down (needs docker)
	COMPOSE_UP='$(COMPOSE_UP)' $(python) -m pytest --e2e-compose tests/e2e_compose

.PHONY: coverage
coverage: $(VENV)/.models $(VENV)/.system ## All tests, with the lines and branches they miss
	$(all-tests) --cov --cov-report term-missing:skip-covered --cov-report html

.PHONY: bench
bench: $(VENV)/.bench $(VENV)/.run-models ## Speed against one read of the array and against the peers, as ratios
	@$(python) -m benchmarks

.PHONY: bench-board
bench-board: $(VENV)/.dev $(VENV)/.system ## A board of 2,000 systems and 208,000 rows: queries, a browser, memory over 500 views (25 minutes)
	@$(python) -m benchmarks.board
	@$(python) -m benchmarks.board_visits

.PHONY: soak
soak: $(VENV)/.dev $(VENV)/.system ## A thousand submissions with a fault every few seconds: none lost, none twice (8 minutes)
	@$(python) -m benchmarks.soak

.PHONY: load
load: $(VENV)/.dev $(VENV)/.system ## Submissions a minute with 1, 2 and 4 workers, and the time from hand-in to result
	@$(python) -m benchmarks.load

.PHONY: docs
docs: $(VENV)/.docs ## The documentation as a site, in site/; a broken link is an error
	$(bin)/mkdocs build --strict

.PHONY: docs-reference
docs-reference: $(VENV)/.core ## Write the reference pages of commands, splits, protocols, metrics and formats anew
	$(python) docs/write_reference.py

.PHONY: migration
migration: $(VENV)/.core ## A migration from the tables' changes: make migration name="add a column"
	@[ -n "$(name)" ] || { echo 'Say what changes: make migration name="add a column"' >&2; exit 2; }
	$(bin)/alembic revision --autogenerate -m "$(name)"

.PHONY: lock
lock: $(VENV)/.venv ## Resolve the requirement files anew from pyproject.toml
	requirements/lock

.PHONY: clean
clean: ## Remove caches and what was built; the environment and ./var stay
	rm -rf build dist site htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(code) tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------------

.PHONY: always
always:

$(VENV)/.venv: requirements/uv.txt $(again)
	@$(set-up) venv
	@touch $@

$(VENV)/.core: requirements/core.txt pyproject.toml $(VENV)/.venv $(again)
	@$(set-up) install core
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core $(again)
	@$(set-up) install dev
	@touch $@

$(VENV)/.run-models: requirements/models.txt $(VENV)/.core $(again)
	@$(set-up) install models
	@touch $@

$(VENV)/.models: $(VENV)/.dev $(VENV)/.run-models
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.core $(again)
	@$(set-up) install docs
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev $(again)
	@$(set-up) install bench
	@touch $@

# No file: programs come and go without make's knowledge, and looking for them takes a moment.
.PHONY: $(VENV)/.system
$(VENV)/.system: $(VENV)/.dev
	@$(set-up) system
