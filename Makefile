PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SDK := .sdk-venv

.PHONY: demo test lint bench install clean

demo: install  ## Everything on this machine, with no account anywhere
	$(BIN)/frontdesk demo

test: lint $(SDK)/.installed  ## Everything that CI runs
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

clean:
	rm -rf $(VENV) $(SDK) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
