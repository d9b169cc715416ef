# `make demo` and `make test` set up everything they need in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Hundreds of processes start: what the first compiles, the others load.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long ready check prepared packages soak docs browser tcl clang lz4 clean

demo: $(READY)
	$(BIN)/python examples/digits_bnn/run.py

test: ready
	$(BIN)/python -m pytest -n auto --dist worksteal

test-long: ready
	$(BIN)/python -m pytest -n auto --dist worksteal -m ""

# On two processors: the environment beside Debian's packages, then the checkers beside what tests need.
ready:
	@$(MAKE) --no-print-directory --jobs=2 check prepared

prepared: $(READY) packages
	$(BIN)/python -m tests.prepare

packages:
	@MAKEFLAGS= $(MAKE) --no-print-directory PYTHON=$(PYTHON) browser tcl clang lz4

# Random networks of all kinds for a quarter of an hour; SOAK="--minutes 600 --workers 8" for longer.
SOAK ?= --minutes 15
soak: $(READY)
	$(BIN)/python -W ignore benchmarks/soak.py $(SOAK)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site, in build/site; a broken link is an error.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# The tests look at report.html in a browser; root on Debian gets it without asking.
browser:
	@command -v chromium >/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends chromium; } \
		|| { echo "error: chromium is missing: install it (Debian: apt-get install chromium)"; exit 1; }

# The tests compile C++ with a second compiler and look at it with its linter.
clang:
	@{ command -v clang++ && command -v clang-tidy; } >/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends clang clang-tidy; } \
		|| { echo "error: clang or clang-tidy is missing: install them (Debian: apt-get install clang clang-tidy)"; exit 1; }

# The tests write FST files of waves, which Verilator compresses.
lz4:
	@printf '#include <lz4.h>\n#include <zlib.h>\n' | g++ -fsyntax-only -x c++ - 2>/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends liblz4-dev zlib1g-dev; } \
		|| { echo "error: lz4.h or zlib.h is missing: install them (Debian: apt-get install liblz4-dev zlib1g-dev)"; exit 1; }

# The tests run the Tcl scripts in tkinter's interpreter, which Debian keeps apart from Python.
tcl:
	@$(PYTHON) -c 'import tkinter' 2>/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends python3-tk; } \
		|| { echo "error: Python's tkinter is missing: install it (Debian: apt-get install python3-tk)"; exit 1; }

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: Python 3.11 or newer is missing: install python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed: set PYTHON=python3.11"; exit 1; }
	@command -v g++ >/dev/null || { echo "error: g++ is missing: install it (Debian: apt-get install g++)"; exit 1; }
	@command -v perl >/dev/null || { echo "error: perl is missing: install it (Debian: apt-get install perl)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "error: Python's venv is missing: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[all,docs,dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist
