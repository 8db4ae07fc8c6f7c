#!/usr/bin/env bash
# Builds the Worker's module: dev/build-worker.sh OUT_DIR [FEATURES]
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
features=${2:-edge}
target=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/worker/lychgate.wasm

# The same bytes wherever they are built: panics name files, and those lie in other folders on other machines.
unit=$'\x1f'
CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$PWD=/lychgate${unit}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
export CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS${unit}--remap-path-prefix=$(rustc --print sysroot)=/rust"
cargo build --quiet --profile worker --lib --target wasm32-unknown-unknown --features "$features"
# Features share one file name: the stamp tells whether this build is the one that stands in OUT_DIR.
stamp="$features $(cksum <"$target")"
if [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$stamp" ]; then
  exit 0
fi
mkdir -p "$out"
wasm-bindgen "$target" --out-dir "$out" --out-name lychgate --target web --no-typescript \
  --omit-default-module-path --experimental-reset-state-function
# `symbols`, the functions' names, is for `bench/size.py`; the Worker does not carry them.
wasm-opt -O3 --symbolmap="$out/symbols" --strip-debug --strip-producers --enable-bulk-memory \
  --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int --enable-multivalue \
  --enable-reference-types "$out/lychgate_bg.wasm" -o "$out/lychgate_bg.wasm"
echo "$stamp" >"$out/stamp"
