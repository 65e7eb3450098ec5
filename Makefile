# Needs a Python from 3.11 to 3.14, pip and make; everything else is installed into .venv.
#   PYTHON=...       another Python than the newest suitable one on PATH
#   TORCH_INDEX=...  the package index with the build of torch you want; else for CPUs where there is no GPU
BIN := .venv/bin

# Test files are shared out to so many processes, each with one thread for torch.
TEST_WORKERS ?= 2

export PYTHON TORCH_INDEX
export OMP_WAIT_POLICY ?= PASSIVE
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help run test test-fast lint format bench attack wheel clean install install-dev

help:  ## what the targets do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: install  ## set up everything and open the demo
	$(BIN)/periscope demo

test: install-dev  ## set up everything and run all tests (TEST_WORKERS=1 for one after the other)
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

test-fast: install-dev  ## without browser, demo models, kills and floods
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder -m "not browser and not demo and not slow"

lint: install-dev  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install-dev  ## rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev  ## speed, each as a ratio to a floor timed in the same run
	$(BIN)/python -m scripts.benchmark
	$(BIN)/python -m scripts.benchmark_engine
	$(BIN)/python -m scripts.benchmark_pages
	$(BIN)/python -m scripts.attack load

attack: install-dev  ## hold a server against its promises under attack, about an hour (docs/reliability.md)
	$(BIN)/python -m scripts.attack

wheel: install  ## dist/periscope-*.whl, with pages, browser files and the bundled demo in it
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

install:  ## what running needs
	@sh scripts/install.sh run

install-dev:  ## what tests and linters need as well
	@sh scripts/install.sh dev

clean:  ## remove what make installed, not your data
	rm -rf .venv frontend/node_modules frontend/static/vendor
