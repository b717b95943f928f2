# Every target works in a fresh clone: `demo` builds .venv with what running needs, the others add what they need.
PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.run
STAMP := .venv/.installed
ROOM := checker
SAMPLE := 300

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench mutants rocq clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

$(RUN): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

$(STAMP): $(RUN)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[test,lint,docs]'
	@touch $@

demo: $(RUN) ## install what running needs, verify the 1797 digits, then check the certificate
	mkdir -p build
	$(BIN)/exactcnn verify docs/examples/digits.toml --certificate build/digits.certificate.json
	$(BIN)/exactcnn check build/digits.certificate.json

test: $(STAMP) ## install what the tests need, then run them and every example in the documentation
	# a process for each core; a module, with what it sets up, stays in one
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder

lint: $(STAMP) ## style, types, import direction, dead code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy docs/_extensions/*.py
	$(BIN)/lint-imports
	$(BIN)/vulture

docs: $(STAMP) ## build the site in build/site, all statements proved anew if anything changed
	rm -rf build/site
	$(BIN)/python -m sphinx -q -E -W --keep-going -b html -c docs -d build/doctrees . build/site

bench: $(STAMP) ## time and memory against NumPy, LAPACK and FLINT
	$(BIN)/python tests/benchmarks/run.py

mutants: $(STAMP) ## put SAMPLE (300) deliberate faults into ROOM (checker), one at a time (hours); continues where it stopped
	$(BIN)/python tests/mutants.py exactcnn/$(ROOM) --sample $(SAMPLE)

rocq: $(STAMP) ## let Rocq (coqc) prove the lemmas and the certificates of all pages, and record what it accepts
	$(BIN)/python tests/rocq_replay.py

clean: ## remove everything that was built
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find exactcnn tests docs proofs -name __pycache__ -type d -prune -exec rm -rf {} +
