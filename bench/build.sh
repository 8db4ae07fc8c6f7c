#!/usr/bin/env bash
# Builds what `make bench` runs: the rig, the steps in WebAssembly, built like the Worker, and the peers' Workers.
set -euo pipefail
cd "$(dirname "$0")/.."
. dev/wasm-flags.sh
wasm=wasm32-unknown-unknown
out=build/bench
# A package of its own, so a target folder of its own.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/bench

cargo build --quiet --release --bins --manifest-path bench/Cargo.toml
# Criterion unwinds, and the others abort. Cargo builds the programs again for it, so it has a target folder of its own.
CARGO_PROFILE_RELEASE_PANIC=unwind CARGO_TARGET_DIR=$CARGO_TARGET_DIR/criterion cargo bench --quiet --no-run --manifest-path bench/Cargo.toml --bench steps
# The rest is built as dev/build-worker.sh builds the gate.
RUSTC_WRAPPER=$PWD/dev/rustc-for-size.mjs RUSTFLAGS="-Ctarget-feature=+simd128 $inline_little" \
  cargo build --quiet --profile small --config dev/gate.toml --lib --target $wasm --manifest-path bench/Cargo.toml
wasm-bindgen "$CARGO_TARGET_DIR/$wasm/small/lychgate_bench.wasm" --out-dir $out/wasm --target web \
  --no-typescript --omit-default-module-path
echo '{"type":"module"}' >$out/wasm/package.json
optimize $out/wasm/lychgate_bench_bg.wasm -O3
for contender in bare edits jose-tuned jose-documented hono worker-jwt; do
  bench/node_modules/.bin/esbuild bench/contenders/$contender.mjs --bundle --format=esm --platform=neutral \
    --main-fields=module,main --conditions=workerd,worker,browser --external:cloudflare:workers \
    --log-level=warning --outfile=$out/$contender.mjs
done
