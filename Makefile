# `make dev` runs a gate on this machine with everything around it; `make test` runs all tests. Both install what they need
# into .tools, node_modules and target, which git ignores.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: dev dev-parts test test-parts bench check check-parts lint core-test wasm-test corpus-test deploy-test edge-test page-test fuzz \
  test-origins bench-servers test-servers try-mlflow try-oci try-pypi try-npm probe-fuzz disagreement audit reproducible worker \
  trap-worker page cli programs servers load soak ledger-size clean help

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.tools/bin:$(CURDIR)/.tools/venv/bin:$(PATH)
export WRANGLER_SEND_METRICS := false
export CARGO_TARGET_DIR ?= $(CURDIR)/target

wasm := wasm32-unknown-unknown
wasm_bindgen_version := $(shell sed -n 's/^wasm-bindgen = .*"=\([0-9.]*\)".*/\1/p' Cargo.toml)
wasm_bindgen := .tools/wasm-bindgen.stamp
wasm_bindgen_test_runner := .tools/wasm-bindgen-test-runner-$(wasm_bindgen_version)
cargo_deny := .tools/bin/cargo-deny
go_hub := $(CURDIR)/build/origins/go-hub
say = @printf '\033[1m== %s\033[0m\n'
# Announces a step, runs it, and says how long it took.
step = @dev/step.sh
# Independent steps run side by side: downloads wait for the network, and the last step of a small module keeps one core
# busy.
side_by_side = @$(MAKE) --no-print-directory -j4
# The tests of `make edge-test` and `make page-test`: all, unless TESTS names files and options for pytest.
TESTS ?=
# Tests on workerd mostly wait, so this many processes share their files.
TEST_PROCESSES ?= 5

help:
	@echo 'make dev     run a gate here, with a small hub behind it and tokens to try it with'
	@echo 'make test    run all tests'
	@echo 'make check   check formats and lints, and test the core and the command line (part of make test)'
	@echo 'make test-origins  put the gate in front of servers of other makes, and try to get writes past it'
	@echo 'make test-servers  put the gate in front of MLflow, a container registry and others, with their own clients'
	@echo 'make try-mlflow  run MLflow here with a gate before it, and tokens to try it with (also try-oci, try-pypi, try-npm)'
	@echo 'make bench   measure the gate beside its peers (BENCH=quick: only show that the bench works)'
	@echo 'make load    a thousand clients of every sort at once, for LOAD_SECONDS (30)'
	@echo 'make ledger-size   what a ledger takes with LEDGER_SIZES (100000 1000000) tokens'
	@echo 'make soak    traffic, management and restarts for SOAK_SECONDS (1800)'
	@echo 'make fuzz    fuzz every parser for FUZZ_SECONDS (60) each'
	@echo 'make probe-fuzz  send FUZZ_REQUESTS (20000) changed requests through the gate to each of those servers'
	@echo 'make worker  build the Worker into build/worker'
	@echo 'make cli     build the command line into target/debug/lychgate'
	@echo 'make page    build the page into build/page'
	@echo 'make audit   check licences, sources and advisories of all dependencies (asks GitHub)'
	@echo 'make reproducible  build the Worker twice, in two folders, and compare'
	@echo 'make clean   remove everything that was built (not what was installed)'

dev:
	$(side_by_side) dev-parts
	@python3 dev/dev.py

dev-parts: worker page programs .tools/venv/dev.stamp .tools/dev-packages.stamp

test:
	$(side_by_side) test-parts
	$(side_by_side) check-parts wasm-test corpus-test deploy-test
	@for part in edge-test page-test; do $(MAKE) --no-print-directory $$part || exit; done
	$(say) 'all tests passed'

test-parts: worker trap-worker page programs .tools/venv/page-test.stamp .tools/test-packages.stamp .tools/lint-packages.stamp \
  tests/edge/node_modules/.stamp $(wasm_bindgen_test_runner)

check:
	$(side_by_side) check-parts

check-parts: lint core-test

# Formatting and lints. Only the features of the Worker's modules and of the page select code of the library, so the runs
# below cover all of it.
lint: .tools/$(wasm).stamp .tools/lint-packages.stamp
	$(step) 'checking formats' cargo fmt --check
	@cargo fmt --check --manifest-path fuzz/Cargo.toml
	@cargo fmt --check --manifest-path dev/bindgen/Cargo.toml
	@cargo fmt --check --manifest-path bench/Cargo.toml
	@python3 tests/vectors/generate.py --check
	@python3 tests/interop/check.py
	@python3 tests/interop/narrowing.py
	@python3 bench/report.py --check
	$(step) 'looking for words for which the field has other words' python3 dev/words.py
	$(step) 'linting the core and the command line' cargo clippy --quiet --all-targets --features cli -- -D warnings
	$(step) 'linting the gate' cargo clippy --quiet --target $(wasm) --lib --bin gate --features gate -- -D warnings
	$(step) 'linting the service' cargo clippy --quiet --target $(wasm) --lib --bin service --features service -- -D warnings
	$(step) 'linting the parser of route tables' cargo clippy --quiet --target $(wasm) --lib --bin tables --features tables -- -D warnings
	$(step) 'linting the gate and the service that can be made to trap' \
	  cargo clippy --quiet --target $(wasm) --lib --features gate,service,trap -- -D warnings
	$(step) 'linting the page' \
	  cargo clippy --quiet --target $(wasm) --features page --lib --bin page --test vectors --test page_module -- -D warnings
	$(step) 'checking the documentation' env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --lib

core-test:
	$(step) 'building the tests of the core and the command line' cargo test --quiet --features cli --no-run
	$(step) 'testing the core and the command line' cargo test --quiet --features cli

# The same vectors in WebAssembly, and the page's interface to the core, in Node and in a browser.
wasm-test: export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER = wasm-bindgen-test-runner
wasm-test: .tools/$(wasm).stamp $(wasm_bindgen_test_runner) node_modules/.stamp .tools/test-packages.stamp
	$(step) 'testing the vectors in Node' $(wasm_tests)
	@CHROMEDRIVER="$$(command -v chromedriver)" WASM_BINDGEN_USE_BROWSER=1 \
	  dev/step.sh 'testing the vectors in Chromium' $(wasm_tests)

wasm_tests = cargo test --target $(wasm) --features page --test vectors --test page_module

# Every corpus entry of the fuzz targets, natively and in WebAssembly. Both must have the same result. The gate is built with SIMD,
# for which SHA-256 has code of its own, so the replay is too.
corpus-test: export CARGO_TARGET_DIR := $(CARGO_TARGET_DIR)/fuzz
corpus-test: .tools/$(wasm).stamp node_modules/.stamp
	$(step) 'building the replay of the fuzz corpora' cargo build --quiet --release --manifest-path fuzz/Cargo.toml --bin replay
	$(step) 'building the replay for WebAssembly' env RUSTFLAGS=-Ctarget-feature=+simd128 \
	  cargo build --quiet --release --manifest-path fuzz/Cargo.toml --lib --target $(wasm)
	$(step) 'replaying the fuzz corpora natively and in WebAssembly' node fuzz/differential.mjs \
	  $(CARGO_TARGET_DIR)/release/replay $(CARGO_TARGET_DIR)/$(wasm)/release/lychgate_fuzz.wasm fuzz/corpus
	@python3 tests/interop/corpus.py $(CARGO_TARGET_DIR)/release/replay fuzz/corpus

# Guided by coverage. Also minimises the corpora again. Not part of `make test`.
FUZZ_SECONDS ?= 60
fuzz:
	$(say) 'fuzzing each target for $(FUZZ_SECONDS) seconds'
	@dev/install.sh g++
	python3 fuzz/run.py $(FUZZ_SECONDS)

# Whether wrangler takes the configuration as it is shipped, and how much it would upload. Nothing leaves the machine.
deploy-test: worker page
	$(step) 'trying the deployment as shipped' dev/try-deployment.sh build/deployment

edge-test: worker trap-worker page programs .tools/venv/test.stamp .tools/test-packages.stamp tests/edge/node_modules/.stamp
	@$(edge_environment) dev/step.sh 'testing the Worker with real clients' $(pytest) $(or $(TESTS),tests/edge)

edge_environment = LYCHGATE_BIN=$(CARGO_TARGET_DIR)/debug/lychgate ORIGIN_BIN=$(CARGO_TARGET_DIR)/debug/examples/origin \
  AXUM_HUB=$(CARGO_TARGET_DIR)/debug/examples/axum_hub GO_HUB=$(go_hub) LOAD_GENERATOR_BIN=$(CARGO_TARGET_DIR)/debug/examples/load_generator \
  WORKER_DIR=$(CURDIR)/build/worker TRAP_WORKER_DIR=$(CURDIR)/build/worker-trap
edge_tests = $(edge_environment) python3 -m pytest
# Each process gets whole files. The slowest files begin first.
pytest = python3 -m pytest --quiet -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder --durations 10

# A thousand clients at once, and half an hour of everything. Not part of `make test`.
# (A line that begins with `load` would be a directive of make.)
soak load: worker programs
	$(say) 'building the load generator'
	@cargo build --quiet --release --example load_generator
	$(say) 'the load generator is running'
	@$(edge_environment) LOAD_GENERATOR_BIN=$(CARGO_TARGET_DIR)/release/examples/load_generator PYTHONPATH=tests/edge/support python3 tests/load/$@.py

# Create, refresh, revoke, revoke-all, alarm, publication, restart and takeover with very many tokens. Not part of `make test`.
ledger-size: worker programs
	$(say) 'measuring a large ledger'
	@$(edge_environment) PYTHONPATH=tests/edge/support:tests/load python3 tests/load/$(subst -,_,$@).py

# Servers of other makes behind the gate (tests/origins). `.ci/run` runs these too. Each request gets ORIGINS_SAMPLE variants of
# each kind, chosen by ORIGINS_SEED; ORIGINS_SAMPLE=all takes an hour.
ORIGINS_SAMPLE ?= 4
ORIGINS_SEED ?= 1
export ORIGINS_SAMPLE ORIGINS_SEED
origin_tests_need = worker servers programs .tools/venv/origins.stamp .tools/test-packages.stamp .tools/origin-packages.stamp
test-origins: $(origin_tests_need)
	$(say) 'testing the gate in front of servers of other makes'
	$(edge_tests) tests/origins

# Servers that were not written for the gate, with their own clients (tests/servers). `.ci/run` runs these too.
test-servers: worker page programs .tools/venv/page-test.stamp .tools/servers/packages.stamp .tools/test-packages.stamp \
  .tools/server-packages.stamp tests/edge/node_modules/.stamp tests/servers/node_modules/.stamp
	@$(edge_environment) dev/step.sh 'testing the gate in front of servers that were not written for it' $(pytest) -n 3 tests/servers

# MLflow and a registry: bare, with their own passwords, and behind the gate. Not part of `make bench`.
bench-servers: worker programs .tools/servers/packages.stamp .tools/server-packages.stamp .tools/test-packages.stamp
	$(say) 'measuring MLflow and a registry with their own passwords and behind the gate'
	@dev/install.sh htpasswd
	@$(edge_environment) python3 bench/real_servers.py

# A server with a gate before it, and commands to paste.
try_needs = worker page programs .tools/dev-packages.stamp .tools/venv/bin/pip
try-mlflow: $(try_needs) .tools/servers/packages.stamp
try-oci: $(try_needs) .tools/server-packages.stamp .tools/test-packages.stamp
try-pypi: $(try_needs) .tools/servers/packages.stamp
try-npm: $(try_needs) tests/servers/node_modules/.stamp
try-mlflow try-oci try-pypi try-npm:
	@python3 dev/try.py $(@:try-%=%)

# Paths and queries of writes with some bytes changed. `make test-origins` sends a few hundred of them.
FUZZ_REQUESTS ?= 20000
probe-fuzz: ORIGINS_SEED := $(shell date +%s)
probe-fuzz: $(origin_tests_need)
	$(say) 'sending $(FUZZ_REQUESTS) changed requests to each server, chosen by ORIGINS_SEED=$(ORIGINS_SEED)'
	FUZZ_REQUESTS=$(FUZZ_REQUESTS) $(edge_tests) tests/origins/test_origins.py -k changed_byte

# Asks the servers of docs/disagreement.md again, and writes its table.
disagreement: $(origin_tests_need)
	WRITE_DISAGREEMENT=1 $(edge_tests) tests/origins/test_origins.py -k page_says

# Not part of `make test`: it fetches the database of advisories from GitHub, and building cargo-deny takes minutes.
audit: $(cargo_deny)
	$(say) 'checking licences, sources and advisories of all dependencies'
	@ADVISORIES=$(ADVISORIES) dev/audit.sh $(cargo_deny)

# Three builds of the Worker from scratch, one of them in a copy of this folder.
reproducible: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	$(say) 'building the Worker twice here and in another folder'
	@dev/reproduce.sh

# The page's tests wait less than the Worker's do: three browsers keep two cores busy.
page-test: worker page programs .tools/venv/page-test.stamp .tools/test-packages.stamp
	@PAGE_DIR=$(CURDIR)/build/page $(edge_environment) dev/step.sh 'testing the page in Chromium' $(pytest) -n 3 $(or $(TESTS),tests/page)

# bench/README.md says what the bench measures and how. `python3 bench/report.py --write` writes its results into the documents.
bench: worker bench/node_modules/.stamp .tools/bench-packages.stamp
	$(say) 'building the bench'
	@bench/build.sh
	$(say) 'measuring'
	@python3 bench/bench.py

worker: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	$(step) 'building the Worker' dev/build-worker.sh build/worker

# Not beside the other one: for both, cargo puts a module into the same place, from which the script takes it.
trap-worker: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp | worker
	$(step) 'building the Worker that can be made to trap' dev/build-worker.sh build/worker-trap trap

page: .tools/$(wasm).stamp $(wasm_bindgen) node_modules/.stamp
	$(step) 'building the page' dev/build-page.sh build/page

cli:
	$(step) 'building the command line (target/debug/lychgate)' cargo build --quiet --features cli --bin lychgate

# In one command and with one set of features, so shared parts are built once. It takes what the build of the Worker leaves of the
# processors: that one takes longer. wasm-bindgen, for which all modules wait, is built before both.
programs: | $(wasm_bindgen)
	$(step) 'building the command line, the example origin and the load generator' \
	  nice cargo build --quiet --features cli --bin lychgate --example origin --example load_generator

servers: tests/origins/node_modules/.stamp $(go_hub)
	$(step) 'building the server in Rust for the tests of origins' cargo build --quiet --features cli --example axum_hub

$(go_hub): tests/origins/hubs/hub.go .tools/origin-packages.stamp
	@mkdir -p $(@D)
	GO111MODULE=off GOCACHE=$(CURDIR)/.tools/go-cache go build -o $@ $<

clean:
	rm -rf build target .dev .wrangler

# Set-up.

.tools/$(wasm).stamp:
	$(step) 'installing the WebAssembly target' rustup target add $(wasm)
	@mkdir -p .tools && touch $@

$(wasm_bindgen): dev/bindgen/Cargo.toml dev/bindgen/Cargo.lock dev/bindgen/src/main.rs
	$(step) 'building wasm-bindgen (once)' env CARGO_TARGET_DIR=$(CURDIR)/.tools/build \
	  cargo install --quiet --locked --path dev/bindgen --root .tools --force
	@touch $@

# Without optimization, like `wasm-bindgen` above, with which it shares most parts.
$(wasm_bindgen_test_runner): $(wasm_bindgen)
	$(step) "building wasm-bindgen's test runner (once)" \
	  env CARGO_TARGET_DIR=$(CURDIR)/.tools/build CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet wasm-bindgen-cli \
	  --version $(wasm_bindgen_version) --bin wasm-bindgen-test-runner --no-default-features --root .tools --force
	@rm -rf .tools/build && touch $@

node_modules/.stamp: package.json package-lock.json
	$(step) 'installing wrangler' npm ci --no-audit --no-fund --loglevel=error
	@touch $@

tests/edge/node_modules/.stamp: tests/edge/package.json tests/edge/package-lock.json
	$(step) 'installing clients in JavaScript' npm ci --prefix tests/edge --no-audit --no-fund --loglevel=error
	@touch $@

tests/origins/node_modules/.stamp: tests/origins/package.json tests/origins/package-lock.json
	$(step) 'installing Express, Koa and Fastify' npm ci --prefix tests/origins --no-audit --no-fund --loglevel=error
	@touch $@

tests/servers/node_modules/.stamp: tests/servers/package.json tests/servers/package-lock.json
	$(step) 'installing verdaccio and pnpm' npm ci --prefix tests/servers --no-audit --no-fund --loglevel=error
	@touch $@

$(cargo_deny):
	$(say) 'building cargo-deny (once, some minutes)'
	CARGO_TARGET_DIR=$(CURDIR)/.tools/build cargo install cargo-deny --version 0.20.2 --locked --root .tools
	@rm -rf .tools/build

bench/node_modules/.stamp: bench/package.json bench/package-lock.json
	$(say) "installing the gate's peers"
	npm ci --prefix bench --no-audit --no-fund --loglevel=error
	@touch $@

# valgrind counts instructions. It is available for Linux only.
.tools/bench-packages.stamp: dev/install.sh
	@[ "$$(uname)" != Linux ] || dev/install.sh valgrind
	@mkdir -p .tools && touch $@

.tools/dev-packages.stamp: dev/install.sh
	@dev/install.sh git git-lfs curl python3-venv
	@mkdir -p .tools && touch $@

.tools/test-packages.stamp: dev/install.sh .tools/dev-packages.stamp
	@dev/install.sh chromium chromedriver nginx fcgiwrap wget skopeo
	@mkdir -p .tools && touch $@

# A program in Go is among those of docs/tokens.md that narrow a token.
.tools/lint-packages.stamp: dev/install.sh
	@dev/install.sh go
	@mkdir -p .tools && touch $@

# The configuration of Apache, Tomcat and Sinatra is Debian's, and so is JGit's package: they are not tested elsewhere.
.tools/origin-packages.stamp: dev/install.sh
	@dev/install.sh php lighttpd go haproxy varnishd caddy perl
	@[ "$$(uname)" != Linux ] || dev/install.sh php-fpm apache2 ruby ruby-sinatra puma tomcat10 javac jgit
	@mkdir -p .tools && touch $@

# Debian's registry; docker's daemon needs root.
.tools/server-packages.stamp: dev/install.sh
	@[ "$$(uname)" != Linux ] || dev/install.sh docker-registry dockerd
	@mkdir -p .tools && touch $@

.tools/venv/bin/pip: | .tools/dev-packages.stamp
	$(step) 'creating a Python environment' python3 -m venv .tools/venv

.tools/venv/dev.stamp: dev/requirements.txt .tools/venv/bin/pip
	$(step) 'installing $<' .tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.tools/venv/test.stamp: tests/edge/requirements.txt .tools/venv/bin/pip
	$(step) 'installing $<' .tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.tools/venv/origins.stamp: tests/origins/requirements.txt .tools/venv/test.stamp
	.tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# MLflow and the others need other versions than the tests, so they have an environment of their own.
.tools/servers/packages.stamp: tests/servers/requirements.txt $(wildcard examples/mlflow_auth/*) | .tools/dev-packages.stamp
	$(step) 'creating a Python environment for servers' python3 -m venv .tools/servers
	$(step) 'installing $<' .tools/servers/bin/pip install --quiet --disable-pip-version-check -r $<
	@.tools/servers/bin/pip install --quiet --disable-pip-version-check --no-deps ./examples/mlflow_auth
	@touch $@

.tools/venv/page-test.stamp: tests/page/requirements.txt .tools/venv/test.stamp
	$(step) 'installing $<' .tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
