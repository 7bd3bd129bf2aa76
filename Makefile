# Everything runs in .venv, which is made from requirements.txt (every file checked by its hash) when needed.
# Python 3.11 to 3.13; another one than python3:  make PYTHON=/path/to/python3.13 test

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help lab assess loop test test-fast test-slow check bench sample words docs lock

# Every command and kernel would compile the libraries anew without their bytecode.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
UV := $(BIN)/uv
PIP := $(BIN)/python -m pip
PYTEST := $(BIN)/python -m pytest -rs -n auto --dist loadfile --no-loadscope-reorder
SPHINX := $(BIN)/python -m sphinx -q -W --keep-going
SITE ?= docs/_build
UPGRADE ?=

help: ## Show this list
	@sed -nE 's/^([a-z.-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name words; do \
		printf '  make %-16s %s\n' "$$name" "$$words"; done

lab: $(READY) ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

assess: $(READY) ## Run the quarterly assessment on the sample bank; the report goes to reports/
	$(BIN)/riskmodels assess params/runs/quarterly.yaml

loop: $(READY) ## Play eight quarters of the sample bank: assess, record, decide; it all goes to reports/loop/
	$(BIN)/riskmodels loop params/runs/loop.yaml --to reports/loop

test: $(READY) ## Run the test suite (minutes); skipped tests are shown with their reason
	$(PYTEST) -m "not slow"

test-fast: $(READY) ## Run the tests of daily work (a minute): no whole runs, no long simulations
	$(PYTEST) -m "not slow and not whole"

test-slow: $(READY) ## Run what test leaves out: more whole runs and draws, runs that are killed, fuzzing, the documents' code
	$(PYTEST) -m "slow or hypothesis or simulated" --hypothesis-profile=thorough

check: $(READY) ## Check style, types, and that the notebooks are stripped
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict riskmodels
	find notebooks -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*' -exec $(BIN)/nbstripout --verify {} +

bench: $(READY) ## Run the benchmarks one after the other; each prints a table
	@for script in $(sort $(wildcard benchmarks/*.py)); do \
		echo "== $$script"; $(BIN)/python "$$script"; done

sample: $(READY) ## Write the synthetic bank to data/sample
	$(BIN)/python -m riskmodels.sample data/sample

words: $(READY) ## Gather the texts to be translated in riskmodels/locale/riskmodels.pot
	$(BIN)/python .ci/words.py

docs: $(READY) ## Build the documentation site, English and Chinese, in docs/_build; a warning is an error
	$(SPHINX) -d $(SITE)/read/en docs $(SITE)/html
	$(SPHINX) -d $(SITE)/read/zh -D language=zh_CN docs $(SITE)/html/zh

lock: $(READY) environment.yml ## Write requirements.txt and environment.yml from pyproject.toml (UPGRADE=--upgrade: newest versions)
	$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url $(UPGRADE) --quiet --output-file requirements.txt

environment.yml: pyproject.toml .ci/environment_yml.py $(READY) ## Write the file for conda users from pyproject.toml
	$(BIN)/python .ci/environment_yml.py > $@

# The stamp is written last, so that an interrupted installation goes on where it stopped. A .venv whose
# python and pip work is kept. uv comes through pip, with the version and hashes of requirements.txt;
# it does not read pip's settings, so the mirror named there is passed on.
$(READY): requirements.txt pyproject.toml
	@$(PIP) --version > /dev/null 2>&1 || $(PYTHON) .ci/venv.py
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > .venv/uv.txt
	@$(PIP) install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--require-hashes --requirement .venv/uv.txt
	@index=$$($(PIP) config get :env:.index-url 2> /dev/null || $(PIP) config get global.index-url 2> /dev/null \
			|| true); \
		if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
		$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt; \
		$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
