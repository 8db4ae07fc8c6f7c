#!/usr/bin/env bash
# Builds the Worker's two modules, the gate and the service: dev/build-worker.sh OUT_DIR [FEATURE]
set -euo pipefail
cd "$(dirname "$0")/.."
. dev/wasm-flags.sh
out=$1
also=${2:+,$2}

# The same bytes wherever they are built: panics name files, and the paths of those differ between machines.
unit=$'\x1f'
# SIMD, which every engine of the platform has, saves a quarter of the time of an HMAC.
CARGO_ENCODED_RUSTFLAGS="-Ctarget-feature=+simd128${unit}--remap-path-prefix=$PWD=/lychgate${unit}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
export CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS${unit}--remap-path-prefix=$(rustc --print sysroot)=/rust"

# build MODULE PROFILE WASM_OPT_LEVEL TRAP_OPTION [WASM_BINDGEN_OPTION...]
build() {
  local module=$1 profile=$2 level=$3 traps=$4
  shift 4
  local target=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/$profile/lychgate.wasm
  cargo build --quiet --profile "$profile" --lib --target wasm32-unknown-unknown --features "$module$also"
  # Builds with different features write the same file: the stamp says which build is in OUT_DIR.
  local stamp
  stamp="$module$also $(cat "$target" dev/build-worker.sh dev/trap-on-panic.mjs dev/wasm-flags.sh | cksum)"
  if [ -f "$out/$module.stamp" ] && [ "$(cat "$out/$module.stamp")" = "$stamp" ]; then
    return
  fi
  mkdir -p "$out"
  wasm-bindgen "$target" --out-dir "$out" --out-name "$module" --target web --no-typescript \
    --omit-default-module-path --experimental-reset-state-function "$@"
  node dev/trap-on-panic.mjs "$out/${module}_bg.wasm" "$traps"
  # `symbols`, the names of the functions, is for `bench/size.py`; the Worker does not contain them.
  wasm-opt "$level" "${wasm_opt_first[@]}" --symbolmap="$out/$module.symbols" "${wasm_opt_then[@]}" --enable-simd \
    --enable-exception-handling "$out/${module}_bg.wasm" -o "$out/${module}_bg.wasm"
  echo "$stamp" >"$out/$module.stamp"
}

# What every request goes through is built for speed, the rest of the gate for size. Cargo does not see a change of that program.
small=$PWD/dev/rustc-for-size.mjs
CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS$unit$inline_little$unit--cfg=small_$(cksum <"$small" | cut -d ' ' -f 1)" \
  RUSTC_WRAPPER=$small build gate worker -O3 --without-debug
# Few requests need the service, so size matters more than speed. A trap in one of its futures is reported to `entry.mjs`.
build service service -Oz "" --force-enable-abort-handler
