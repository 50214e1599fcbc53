# Everything a contributor runs. `make help` lists the targets.
#
# Each target sets up what it needs: .venv holds the environment, and a stamp a set of
# extras, renewed when pyproject.toml changes. Needs python3 >= 3.11 and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS ?=
# What the suite of the array API needs, apart from what development needs.
CONFORMANCE := build/conformance
# The libraries whose tests run over lazydag arrays, apart for the same reason.
CLIENTS := build/clients

.DEFAULT_GOAL := help
.PHONY: help demo test bench gpu conformance clients lint format docs lock clean

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 21

demo: $(VENV)/.stamp-examples ## Run the flights example on real data (about 5 minutes with set-up)
	$(BIN)/python examples/flights.py $(ARGS)

test: $(VENV)/.stamp-dev ## Run the tests; ARGS='-k name' passes options to pytest
	$(BIN)/python -m pytest $(ARGS)

bench: $(VENV)/.stamp-bench ## Measure against NumPy, Numba, JAX and others; ARGS='--help' for options
	$(BIN)/python -m tests.benchmarks $(ARGS)

gpu: $(VENV)/.stamp-dev ## Test and measure on an NVIDIA GPU, and write docs/benchmarks-gpu.md
	@$(BIN)/python -m tests.benchmarks.gpu --look
	$(MAKE) $(VENV)/.stamp-gpu
	$(BIN)/python -m pytest -m gpu
	$(BIN)/python -m tests.benchmarks.gpu $(ARGS)

conformance: $(VENV)/.stamp-dev ## Run the array API's tests; SUITE=a checkout of data-apis/array-api-tests
	@test -f "$(SUITE)/array-api/README.md" \
	  || { echo "set SUITE to a checkout of data-apis/array-api-tests, sub-modules included" >&2; exit 1; }
	$(BIN)/python -m venv $(CONFORMANCE)
	$(CONFORMANCE)/bin/python -m pip install --quiet --requirement $(SUITE)/requirements.txt
	$(BIN)/python -c 'import site; print(*site.getsitepackages(), sep="\n")' \
	  > "$$($(CONFORMANCE)/bin/python -c 'import site; print(site.getsitepackages()[0])')/lazydag.pth"
	cd $(SUITE) && ARRAY_API_TESTS_MODULE=lazydag ARRAY_API_TESTS_VERSION=2025.12 PYTHONPATH=$(CURDIR) \
	  $(CURDIR)/$(CONFORMANCE)/bin/python -m pytest array_api_tests -p no:cacheprovider \
	  --max-examples 20 --disable-deadline --derandomize $(ARGS)

clients: $(BIN)/python ## Run scikit-learn's, SciPy's, einops' and xarray's tests; ARGS='sklearn' for some
	$(BIN)/python -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --editable '.[clients]'
	cd $(CLIENTS) && bin/python $(CURDIR)/tests/clients/run.py $(ARGS)

lint: $(VENV)/.stamp-dev ## Check style, types, layers and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(VENV)/.stamp-dev ## Format the sources and fix what can be fixed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.stamp-docs ## Build the documentation into site/, warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lock: $(BIN)/python ## Renew requirements.lock, the versions that CI installs
	./.ci/lock

clean: ## Remove the environment and all that was built
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "lazydag needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.stamp-%: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[$*]'
	@touch $@
