# The commands of this house. `make` alone runs the checks, then the tests.
#
# They need make, Python 3.11 or newer and a package index, and build what they use in .venv.

.DEFAULT_GOAL := all

BIN := .venv/bin
PY := $(BIN)/python
PYTHONS := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3)
PIP_INSTALL := -m pip --disable-pip-version-check install -qq
WORKERS ?= 2

# Nothing of this machine's pip configuration may reach the compiled files.
PIP_COMPILE := env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: all setup demo test check render bench interop soak package lock clean FORCE

all: check test

setup: .venv/ready
	@echo ".venv is ready"

demo: .venv/ready
	@$(PY) demo/run.py

test: .venv/ready
	@$(PY) -m pytest -n $(WORKERS)

# What is long: races, crashes, floods.
soak: .venv/ready
	@$(PY) -m pytest -m soak

check: .venv/ready
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy src tests $(wildcard benchmarks demo docs/reference.py)
	@$(BIN)/lint-imports --no-logo
	@$(PY) -m pytest --quiet tests/test_house.py
	@$(PY) -m skillkit connector check
	@$(if $(wildcard docs/reference.py),$(PY) docs/reference.py --check)

render: .venv/ready
	@$(PY) docs/reference.py

bench: .venv/ready
	@$(PY) benchmarks/bench.py

interop:
	@echo "no real clients are exercised yet; they come with the pages and skills they read"

# The wheel is built from the sdist, so both are known to be complete, and tried where the checkout cannot help it.
package: .venv/ready
	@rm -rf build/wheel dist
	@$(PY) -m build --no-isolation --outdir dist .
	@for folder in $(wildcard connectors skills); do \
		$(PY) -m zipfile -l dist/*.whl | grep -q "skillkit/shipped/$$folder/" || { echo "the wheel ships no $$folder" >&2; exit 1; }; \
	done
	@$(PY) -m venv build/wheel
	@build/wheel/bin/python $(PIP_INSTALL) --require-hashes -r requirements/runtime.txt
	@build/wheel/bin/python $(PIP_INSTALL) --no-deps dist/*.whl
	@cd build/wheel && SKILLKIT_HOME="$$PWD/home" bin/skillkit connector list

# Resolved by the oldest Python that is supported, against the package index alone.
lock: .venv/ready
	@$(PY) -c 'import sys; sys.exit(sys.version_info[:2] > (3, 11) and "make lock wants 3.11: make clean setup PYTHON=python3.11")'
	@$(PIP_COMPILE) $(UPGRADE) --output-file requirements/runtime.txt pyproject.toml
	@$(PIP_COMPILE) $(UPGRADE) --extra sandbox --output-file requirements/dev.txt pyproject.toml requirements/dev.in

clean:
	@rm -rf .venv build dist demo-out .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +

.venv/libraries: requirements/dev.txt
	@rm -rf .venv
	@for python in $(PYTHONS); do \
		"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "building .venv with $$("$$python" --version)"; \
		"$$python" -m venv .venv; exit; \
	done; echo "skillkit needs Python 3.11 or newer with its venv module, and none of $(PYTHONS) is that" >&2; exit 1
	@$(PY) $(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/ready: .venv/libraries pyproject.toml src/skillkit/__init__.py
	@$(PY) $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

# A .venv that came along with a copied or moved checkout still runs the code of the old one.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(CURDIR))
.venv/libraries: FORCE
endif
