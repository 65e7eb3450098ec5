# Needs Python 3.11 (or 3.12), pip and make; everything else is installed into .venv.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
DONE   := $(VENV)/.installed

# Test files are shared out to so many processes, each with one thread for torch.
TEST_WORKERS ?= 2

export OMP_WAIT_POLICY ?= PASSIVE
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help run test lint format bench attack clean install

help:  ## what the targets do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: install  ## set up everything and open the demo
	$(BIN)/periscope demo

test: install  ## set up everything and run all tests (TEST_WORKERS=1 for one after the other)
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

lint: install  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install  ## rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## speed, each as a ratio to a floor timed in the same run
	$(BIN)/python -m scripts.benchmark
	$(BIN)/python -m scripts.benchmark_engine
	$(BIN)/python -m scripts.benchmark_pages
	$(BIN)/python -m scripts.attack load

attack: install  ## hold a server against its promises under attack, about an hour (docs/reliability.md)
	$(BIN)/python -m scripts.attack

install: $(DONE)
	$(BIN)/python scripts/fetch_assets.py

# torch first and alone: with it installed, nothing drags in a build with several GB of CUDA libraries.
$(DONE): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(DONE)

clean:  ## remove what make installed, not your data
	rm -rf $(VENV) frontend/node_modules frontend/static/vendor
