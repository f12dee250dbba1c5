# Two commands do for most: `make run` opens the lab, `make test` checks it. Each sets up what it needs first.

PYTHON ?= python3
PY := .venv/bin/python
OFFSCREEN := QT_QPA_PLATFORM=offscreen
MADE_FROM := pyproject.toml packaging/constraints.txt packaging/bootstrap.py

# macOS always has a display; elsewhere X or Wayland name theirs.
DISPLAYED := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))

.PHONY: run setup test soak lint format bench gallery weights dist clean

run: .venv/.stamp
ifeq ($(DISPLAYED),)
	@echo "No display (neither DISPLAY nor WAYLAND_DISPLAY is set): rendering every scene to gallery/*.png instead."
	@$(OFFSCREEN) $(PY) -m app --gallery gallery
else
	@$(PY) -m app
endif

setup: .venv/.stamp
	@:

.venv/.stamp: $(MADE_FROM)
	@$(PYTHON) packaging/bootstrap.py

# One process a core, so that each keeps its matrix products on one thread.
test: .venv/.stamp
	OPENBLAS_NUM_THREADS=1 $(OFFSCREEN) $(PY) -m pytest --numprocesses auto --dist worksteal

soak: .venv/.stamp
	$(OFFSCREEN) $(PY) -m pytest -m soak --timeout 3600

lint: .venv/.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo

format: .venv/.stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv/.stamp
	$(OFFSCREEN) $(PY) -m bench

gallery: .venv/.stamp
	$(OFFSCREEN) $(PY) -m app --gallery gallery

# From their seed, on any machine with two cores; what the networks come to is recorded beside them.
weights: .venv/.stamp
	$(PY) -m core.language.recipe

# Built from an environment of its own, so that no tool of ours ends up in the executable.
dist: .venv-dist/.stamp
	.venv-dist/bin/python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build packaging/lab.spec
	$(OFFSCREEN) dist/training-lab/training-lab --self-test

.venv-dist/.stamp: $(MADE_FROM)
	@$(PYTHON) packaging/bootstrap.py --venv .venv-dist --extras dist

clean:
	rm -rf build dist gallery bench.json .*_cache .venv-*
