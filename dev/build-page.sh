#!/usr/bin/env bash
# Builds the page: dev/build-page.sh OUT_DIR, with the files of www/ and the core for browsers.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
target=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/page/lychgate.wasm

cargo build --quiet --profile page --lib --target wasm32-unknown-unknown --features page
new=$out.new
rm -rf "$new"
mkdir -p "$new"
cp -R www/. "$new"
wasm-bindgen "$target" --out-dir "$new" --out-name lychgate --target web --no-typescript
# As with the Worker's modules (dev/build-worker.sh): such functions compress better.
wasm-opt -Oz --one-caller-inline-max-function-size=20 --reorder-functions-by-name --strip-debug --strip-producers \
  --enable-bulk-memory --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int \
  --enable-multivalue --enable-reference-types \
  "$new/lychgate_bg.wasm" -o "$new/lychgate_bg.wasm"
rm -rf "$out"
mv "$new" "$out"
