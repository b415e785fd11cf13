# The commands of this project; `make help` lists them. Variables that may be given:
#   PYTHON=python3.13      with which Python .venv is made (3.11 or later)
#   HOST, PORT             where `make run` listens
#   ARGS="tests/unit -x"   more words for pytest
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes
PYTEST := $(PY) -m pytest -p tools.honest -n 2 --dist loadgroup
COMPILED := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))

# A Python before 3.11.8 can die with "AST constructor recursion depth mismatch" when an object that complains
# is collected while pytest parses a file; without column numbers in its code it does not.
test proof bench check coverage: export PYTHONNODEBUGRANGES = 1

.PHONY: help
help: ## Say what can be done here
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

.PHONY: run
run: export MODE ?= development
run: .venv/.core assets $(COMPILED) ## Start the service and its worker with the demo town, on HOST and PORT
	@exec $(PY) -m tools.run

.PHONY: build
build: .venv/.core assets $(COMPILED) ## Prepare all that the service needs, and start nothing: for a machine that serves

.PHONY: test
test: .venv/.dev assets $(COMPILED) ## Run every test that this machine can run, and name those it could not
	@$(PYTEST) $(ARGS)

.PHONY: check
check: lint ## All that CI runs: lint, then every test with none left out
	@STRICT=1 $(PYTEST) $(ARGS)

.PHONY: lint
lint: .venv/.dev assets $(COMPILED) ## Style, types, imports, migrations and translations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m tools.migrations
	$(PY) -m tools.translations check

.PHONY: proof
proof: .venv/.dev assets $(COMPILED) ## Every test with the long proofs whole: faults, fuzzing, both databases
	@PROOF=whole STRICT=1 $(PYTEST) $(ARGS)

.PHONY: bench
bench: .venv/.dev assets $(COMPILED) ## Measure beside the floor; figures to the terminal and bench/latest.json
	@$(PY) -m bench $(ARGS)

.PHONY: coverage
coverage: .venv/.dev assets $(COMPILED) ## Show the lines and branches that no test has run
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -p tools.honest -n 2 --dist loadgroup $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report

.PHONY: format
format: .venv/.dev ## Put the code into its one form
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: translations
translations: .venv/.dev ## Take new strings into the Chinese catalogue, and leave out those no longer said
	@$(PY) -m tools.translations update

.PHONY: requirements
requirements: ## Choose the newest versions that requirements*.in allow (needs uv)
	@PATH="$(CURDIR)/.venv/bin:$$PATH"; command -v uv >/dev/null || { echo "This needs uv: see its manual, or .venv/bin/pip install uv."; exit 1; }; \
	for name in requirements requirements-dev; do \
	    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	        --no-emit-index-url --no-emit-find-links $$name.in --output-file $$name.txt || exit 1; \
	done

.PHONY: clean
clean: ## Remove what was built; the data in instance/ and the environment .venv stay
	@rm -rf static/vendor static/packed $(COMPILED) htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache .hypothesis .schemathesis test-results
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: assets
assets: .venv/.core
	@$(PY) -m tools.assets

%.mo: %.po | .venv/.core
	@$(PY) -m babel.messages.frontend --quiet compile -i $< -o $@

# The stamps say which list stands in .venv; pip checks each file of it by its hash, and builds nothing.
.venv/.core: requirements.txt
	@$(MAKE) .venv-made
	@echo "Fetching what the service needs (once; about a minute) ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt
	@$(MAKE) .venv-made
	@echo "Fetching what the tests need (once; about a minute) ..."
	@$(PIP) -r requirements-dev.txt
	@touch .venv/.core $@

.PHONY: .venv-made
.venv-made:
	@$(PY) -m pip --version >/dev/null 2>&1 && exit; \
	command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. Debian: apt-get install python3 python3-venv"; exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), but 3.11 or later is needed: make PYTHON=python3.12 ..."; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make environments. Debian: apt-get install python3-venv"; exit 1; }; \
	$(PYTHON) -m venv --clear .venv
