PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SDK := .sdk-venv
ORACLES := .oracles

.PHONY: demo test lint bench install clean

demo: install  ## Everything on this machine, with no account anywhere
	$(BIN)/frontdesk demo

test: lint $(SDK)/.installed $(ORACLES)/.installed  ## Everything that CI runs
	$(BIN)/pytest -n auto --dist loadgroup

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install  ## Ratios, measured side by side
	$(BIN)/python -m benchmarks.turns

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[email,postgres,test]'
	touch $@

# The platform's own SDK, unmodified, in an environment of its own: the engine is tested with it.
$(SDK)/.installed: constraints.txt
	test -x $(SDK)/bin/python || $(PYTHON) -m venv $(SDK)
	$(SDK)/bin/python -m pip install --quiet --disable-pip-version-check vectorshift==0.1.15 \
		|| echo "The vectorshift SDK could not be installed: its tests will be skipped."
	touch $@

# What others say about the payloads that we send. No lock file: it would record download addresses.
$(ORACLES)/.installed: tests/oracles/package.json
	mkdir -p $(ORACLES) && cp tests/oracles/package.json $(ORACLES)/
	cd $(ORACLES) && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error \
		&& touch .installed \
		|| echo "Node's packages could not be installed: the tests that ask them will be skipped."

clean:
	rm -rf $(VENV) $(SDK) $(ORACLES) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
