#!/usr/bin/env bash
# Builds the Worker's modules, the gate, the service and the parser of route tables: dev/build-worker.sh OUT_DIR [FEATURE]
set -euo pipefail
cd "$(dirname "$0")/.."
. dev/wasm-flags.sh
out=$1
also=${2:+,$2}

# The same bytes wherever they are built: panics name files, and the paths of those differ between machines.
unit=$'\x1f'
# SIMD, which every engine of the platform has, saves a quarter of the time of an HMAC.
CARGO_ENCODED_RUSTFLAGS="-Ctarget-feature=+simd128${unit}$keep_relocations${unit}--remap-path-prefix=$PWD=/lychgate${unit}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
export CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS${unit}--remap-path-prefix=$(rustc --print sysroot)=/rust"

# build MODULE CARGO_CONFIG WASM_OPT_LEVEL TRAP_OPTION [WASM_BINDGEN_OPTION...]
build() {
  local module=$1 config=$2 level=$3 traps=$4
  shift 4
  local target=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/small/$module.wasm
  cargo build --quiet --profile small ${config:+--config "$config"} --bin "$module" --target wasm32-unknown-unknown --features "$module$also"
  # The stamp says which build is in OUT_DIR.
  local stamp
  stamp="$module$also $(cat "$target" dev/build-worker.sh dev/sort-functions.mjs dev/short-names.mjs dev/trap-on-panic.mjs dev/wasm-flags.sh dev/wasm-module.mjs | cksum)"
  if [ -f "$out/$module.stamp" ] && [ "$(cat "$out/$module.stamp")" = "$stamp" ]; then
    return
  fi
  local linked=$out/$module.linked.wasm
  node dev/trap-on-panic.mjs "$target" "$linked" "$traps"
  wasm-bindgen "$linked" --out-dir "$out" --out-name "$module" --target web --no-typescript \
    --omit-default-module-path --experimental-reset-state-function "$@"
  rm "$linked"
  node dev/short-names.mjs "$out/${module}_bg.wasm" "$out/$module.js"
  # `symbols`, the names of the functions, is for `bench/size.py`; the Worker does not contain them.
  optimize "$out/${module}_bg.wasm" "$level" --symbolmap="$out/$module.symbols"
  echo "$stamp" >"$out/$module.stamp"
}

# Cargo builds one module at a time, because they share a folder. What is done to one afterwards is done while it builds the next.
mkdir -p "$out"
echo '{"type":"module"}' >"$out/package.json"
# Few requests need the service, so size matters more than speed. A trap in one of its futures is reported to `entry.mjs`.
build service "" -Oz "" --force-enable-abort-handler &
service=$!
# What every request goes through is built for speed, the rest of the gate for size. Cargo does not see a change of that program.
small=$PWD/dev/rustc-for-size.mjs
CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS$unit$inline_little$unit--cfg=small_$(cksum <"$small" | cut -d ' ' -f 1)" \
  RUSTC_WRAPPER=$small build gate dev/gate.toml -O3 --without-debug &
gate=$!
# Parses the route tables that ship, now, and others where a gate has them.
build tables "" -Oz ""
node dev/parse-tables.mjs "$out"
wait "$gate"
wait "$service"
