# `make dev` runs a gate on this machine with everything around it; `make test` passes all tests. Both do their own
# set-up: what they install lies in .tools, node_modules and target, which git ignores.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: dev test bench check core-test wasm-test corpus-test edge-test page-test fuzz disagreement audit reproducible worker \
  trap-worker page origin servers crowd cli load soak clean help

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.tools/bin:$(CURDIR)/.tools/venv/bin:$(PATH)
export WRANGLER_SEND_METRICS := false
export CARGO_TARGET_DIR ?= $(CURDIR)/target

wasm := wasm32-unknown-unknown
wasm_bindgen_version := $(shell sed -n 's/^wasm-bindgen = .*"=\([0-9.]*\)".*/\1/p' Cargo.toml)
wasm_bindgen := .tools/wasm-bindgen-$(wasm_bindgen_version)
cargo_deny := .tools/bin/cargo-deny
say = @printf '\033[1m== %s\033[0m\n'

help:
	@echo 'make dev     run a gate here, with a small hub behind it and tokens to try'
	@echo 'make test    pass all tests'
	@echo 'make bench   measure the gate beside its peers (BENCH=quick: only show that it works)'
	@echo 'make load    a thousand clients of every sort at once, for LOAD_SECONDS (30)'
	@echo 'make soak    traffic, orders and restarts for SOAK_SECONDS (1800)'
	@echo 'make fuzz    fuzz every parser for FUZZ_SECONDS (60) each'
	@echo 'make worker  build the Worker into build/worker'
	@echo 'make page    build the page into build/page'
	@echo 'make audit   check licences, sources and advisories of all dependencies (asks GitHub)'
	@echo 'make reproducible  build the Worker twice, in two folders, and compare'
	@echo 'make clean   remove what was built (not what was installed)'

dev: worker page origin cli .tools/venv/dev.stamp .tools/dev-packages.stamp
	@python3 dev/dev.py

test: check core-test wasm-test corpus-test edge-test page-test
	$(say) 'all tests passed'

# Formatting and lints, for every feature on every target that it is for.
check: .tools/$(wasm).stamp
	$(say) 'checking formats and lints'
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	python3 tests/vectors/generate.py --check
	python3 tests/interop/check.py
	cargo clippy --quiet --all-targets -- -D warnings
	cargo clippy --quiet --all-targets --features cli -- -D warnings
	cargo clippy --quiet --target $(wasm) --lib -- -D warnings
	cargo clippy --quiet --target $(wasm) --lib --features gate -- -D warnings
	cargo clippy --quiet --target $(wasm) --lib --features service -- -D warnings
	cargo clippy --quiet --target $(wasm) --lib --features gate,trap -- -D warnings
	cargo clippy --quiet --target $(wasm) --lib --features service,trap -- -D warnings
	cargo clippy --quiet --target $(wasm) --lib --features browser -- -D warnings
	cargo clippy --quiet --target $(wasm) --features browser --test vectors --test browser -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --lib

core-test:
	$(say) 'testing the core and the command line'
	cargo test --features cli

# The same vectors in WebAssembly, and the page's face of the core: in Node and in a browser.
wasm-test: export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER = wasm-bindgen-test-runner
wasm-test: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp .tools/test-packages.stamp
	$(say) 'testing the vectors in Node'
	cargo test --target $(wasm) --features browser --test vectors --test browser
	$(say) 'testing the vectors in Chromium'
	CHROMEDRIVER="$$(command -v chromedriver)" WASM_BINDGEN_USE_BROWSER=1 cargo test --target $(wasm) --features browser --test vectors --test browser

# Every corpus entry of the fuzz targets, natively and in WebAssembly, and whether both say the same of it.
corpus-test: export CARGO_TARGET_DIR := $(CARGO_TARGET_DIR)/fuzz
corpus-test: .tools/$(wasm).stamp node_modules/.stamp
	$(say) 'replaying the fuzz corpora natively and in WebAssembly'
	cargo build --quiet --release --manifest-path fuzz/Cargo.toml --bin replay
	cargo build --quiet --release --manifest-path fuzz/Cargo.toml --lib --target $(wasm)
	node fuzz/differential.mjs $(CARGO_TARGET_DIR)/release/replay $(CARGO_TARGET_DIR)/$(wasm)/release/lychgate_fuzz.wasm fuzz/corpus
	python3 tests/interop/corpus.py $(CARGO_TARGET_DIR)/release/replay fuzz/corpus

# Coverage-guided; minimises the corpora anew. Not part of `make test`.
FUZZ_SECONDS ?= 60
fuzz:
	$(say) 'fuzzing for $(FUZZ_SECONDS) seconds each'
	@dev/install.sh g++
	python3 fuzz/run.py $(FUZZ_SECONDS)

edge-test: worker trap-worker page origin servers crowd cli .tools/venv/test.stamp .tools/test-packages.stamp
	$(say) 'testing the Worker with real clients'
	$(edge_tests) tests/edge

edge_environment = LYCHGATE_BIN=$(CARGO_TARGET_DIR)/debug/lychgate ORIGIN_BIN=$(CARGO_TARGET_DIR)/debug/examples/origin \
  SERVERS_BIN=$(CARGO_TARGET_DIR)/debug/examples/disagreement CROWD_BIN=$(CARGO_TARGET_DIR)/debug/examples/crowd \
  WORKER_DIR=$(CURDIR)/build/worker TRAP_WORKER_DIR=$(CURDIR)/build/worker-trap
edge_tests = $(edge_environment) python3 -m pytest

# A thousand clients at once, and half an hour of everything. Not part of `make test`.
# (`load` at the start of a line would be make's own word.)
soak load: worker cli
	$(say) 'building the crowd that comes to the gate'
	@cargo build --quiet --release --example crowd
	$(say) 'the crowd is on its way'
	@$(edge_environment) CROWD_BIN=$(CARGO_TARGET_DIR)/release/examples/crowd PYTHONPATH=tests/edge python3 tests/load/$@.py

# Asks the servers of docs/disagreement.md anew, and writes its table.
disagreement: worker servers cli .tools/venv/test.stamp .tools/test-packages.stamp
	WRITE_DISAGREEMENT=1 $(edge_tests) tests/edge/test_disagreement.py

# Not part of `make test`: the database of advisories is fetched from GitHub, and cargo-deny takes minutes to build.
audit: $(cargo_deny)
	$(say) 'checking licences, sources and advisories of all dependencies'
	@ADVISORIES=$(ADVISORIES) dev/audit.sh $(cargo_deny)

# Three builds of the Worker from nothing, one of them in a copy of this folder.
reproducible: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	$(say) 'building the Worker twice here and in another folder'
	@dev/reproduce.sh

page-test: worker page origin cli .tools/venv/page-test.stamp .tools/test-packages.stamp
	$(say) 'testing the page in Chromium'
	PAGE_DIR=$(CURDIR)/build/page $(edge_tests) tests/page

# What it measures and how is in bench/README.md.
bench: worker bench/node_modules/.stamp .tools/bench-packages.stamp
	$(say) 'building the bench'
	@bench/build.sh
	$(say) 'measuring'
	@python3 bench/bench.py

worker: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	$(say) 'building the Worker'
	@dev/build-worker.sh build/worker

trap-worker: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	@dev/build-worker.sh build/worker-trap trap

page: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	$(say) 'building the page'
	@dev/build-page.sh build/page

origin:
	$(say) 'building the example origin'
	@cargo build --example origin

servers: tests/disagreement/node_modules/.stamp
	$(say) 'building the servers that the gate is tried before'
	@cargo build --example disagreement

crowd:
	$(say) 'building the crowd that comes to the gate'
	@cargo build --example crowd

cli:
	$(say) 'building the command line'
	@cargo build --features cli --bin lychgate

clean:
	rm -rf build target .dev .wrangler

# Set-up.

.tools/$(wasm).stamp:
	$(say) 'installing the WebAssembly target'
	rustup target add $(wasm)
	@mkdir -p .tools && touch $@

$(wasm_bindgen):
	$(say) 'building wasm-bindgen $(wasm_bindgen_version) (once, about 5 minutes)'
	CARGO_TARGET_DIR=$(CURDIR)/.tools/build cargo install wasm-bindgen-cli --version $(wasm_bindgen_version) --root .tools --force
	@rm -rf .tools/build && touch $@

node_modules/.stamp: package.json package-lock.json
	$(say) 'installing wrangler'
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

tests/disagreement/node_modules/.stamp: tests/disagreement/package.json tests/disagreement/package-lock.json
	$(say) 'installing Express'
	npm ci --prefix tests/disagreement --no-audit --no-fund --loglevel=error
	@touch $@

$(cargo_deny):
	$(say) 'building cargo-deny (once, some minutes)'
	CARGO_TARGET_DIR=$(CURDIR)/.tools/build cargo install cargo-deny --version 0.20.2 --locked --root .tools
	@rm -rf .tools/build

bench/node_modules/.stamp: bench/package.json bench/package-lock.json
	$(say) "installing the gate's peers"
	npm ci --prefix bench --no-audit --no-fund --loglevel=error
	@touch $@

# valgrind counts instructions; it is for Linux only.
.tools/bench-packages.stamp: dev/install.sh
	@[ "$$(uname)" != Linux ] || dev/install.sh valgrind
	@mkdir -p .tools && touch $@

.tools/dev-packages.stamp: dev/install.sh
	@dev/install.sh git git-lfs curl
	@mkdir -p .tools && touch $@

.tools/test-packages.stamp: dev/install.sh
	@dev/install.sh git git-lfs curl chromium chromedriver nginx fcgiwrap
	@mkdir -p .tools && touch $@

.tools/venv/bin/pip:
	$(say) 'making a Python environment'
	@python3 -m venv .tools/venv || { dev/install.sh python3-venv && python3 -m venv .tools/venv; }

.tools/venv/dev.stamp: dev/requirements.txt .tools/venv/bin/pip
	.tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.tools/venv/test.stamp: tests/edge/requirements.txt .tools/venv/bin/pip
	.tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.tools/venv/page-test.stamp: tests/page/requirements.txt .tools/venv/test.stamp
	.tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
