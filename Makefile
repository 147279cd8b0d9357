# `make demo` and `make test` set themselves up and do again only what has changed.
# `make PYTHON=/path/to/python3.12 test` takes another Python.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# -qq: pip speaks only of errors.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# compat: a path and no import hook, which costs every start 25 ms.
EDITABLE := --config-settings editable_mode=compat --editable
# LibreOffice finds no file with a Chinese name in the C locale.
export LC_ALL := C.UTF-8
export PYTHON

.PHONY: venv demo test bench edits lint format blanks pictures generated templates workbook wheelhouse
.PHONY: lock clean help
.DEFAULT_GOAL := help

venv: $(VENV)/huizong  ## only install: the program is .venv/bin/huizong then

demo: $(VENV)/huizong  ## one district, two quarters, in the folder demo/
	$(BIN)/huizong demo demo

test: $(VENV)/dev  ## set up everything, then lint and all tests
	scripts/setup-libreoffice
	scripts/setup-validator
	scripts/setup-compiler
	scripts/setup-mail
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(VENV)/dev  ## measure reading and writing against bare calamine and XlsxWriter
	scripts/setup-mail
	$(BIN)/python scripts/bench.py

edits: $(VENV)/dev  ## ten thousand random edits of returns, as people make them (COUNT, OFFICE, SEED, ONLY)
	scripts/setup-libreoffice
	$(BIN)/python scripts/edits.py

lint: $(VENV)/dev  ## rules and layout of the code, changes nothing
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

format: $(VENV)/dev  ## lay out the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

blanks: $(VENV)/huizong  ## the standard blanks beside the definitions, anew
	HUIZONG_LANG=zh $(BIN)/huizong definition blanks

pictures:  ## the demo's workbooks as PNG in pictures/
	[ -d demo ] || $(MAKE) --no-print-directory demo
	scripts/setup-libreoffice
	scripts/pictures demo pictures

generated: $(VENV)/dev  ## the standard blanks, the workbooks with macros and docs/findings.md
	$(BIN)/python scripts/generate.py

templates workbook: generated

wheelhouse: $(VENV)/dev  ## wheels/ for setup.cmd: an office with Windows installs without network
	$(BIN)/python scripts/wheelhouse.py

lock:  ## pin the newest versions anew, with hashes
	scripts/lock

clean:  ## remove what make has made, the environment too
	rm -rf $(VENV) demo pictures wheels build dist tests/validator/node_modules

help:  ## this list
	@sed -nE 's/^([a-z]+):.*  ## (.*)/make \1\t\2/p' $(MAKEFILE_LIST)

$(VENV)/huizong: scripts/setup-venv requirements.txt pyproject.toml
	scripts/setup-venv $(VENV)
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation $(EDITABLE) .
	@touch $@

$(VENV)/dev: $(VENV)/huizong requirements-dev.txt
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
