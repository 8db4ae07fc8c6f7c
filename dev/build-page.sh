#!/usr/bin/env bash
# Builds the page, which consists of the files of www/ and the core for browsers: dev/build-page.sh OUT_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
. dev/wasm-flags.sh
out=$1
target=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/small/page.wasm

# SHA-256 in 64 rounds of a loop rather than unrolled: nobody waits for it here, and the page loads 2 KB less.
CARGO_ENCODED_RUSTFLAGS=$'--cfg\x1fsha2_backend_soft="compact"\x1f'$keep_relocations \
  cargo build --quiet --profile small --bin page --target wasm32-unknown-unknown --features page
# `make dev` builds the page, and so does the wrangler that it starts: the stamp says which build is in OUT_DIR.
stamp=$(cd www && find . -type f | LC_ALL=C sort | xargs -d '\n' cksum | cksum)
stamp="$stamp $(cat "$target" dev/build-page.sh dev/sort-functions.mjs dev/trap-on-panic.mjs dev/wasm-flags.sh dev/wasm-module.mjs | cksum)"
if [ -d "$out" ] && [ -f "$out.stamp" ] && [ "$(cat "$out.stamp")" = "$stamp" ]; then
  exit
fi
rm -f "$out.stamp"
new=$out.new
rm -rf "$new"
mkdir -p "$new"
cp -R www/. "$new"
# A panic says nothing in the browser's console either.
node dev/trap-on-panic.mjs "$target" "$out.linked.wasm"
wasm-bindgen "$out.linked.wasm" --out-dir "$new" --out-name lychgate --target web --no-typescript
rm "$out.linked.wasm"
# The comments that wasm-bindgen copies from src/page.
perl -0pi -e 's{^\s*/\*\*.*?\*/\n}{}gms' "$new/lychgate.js"
optimize "$new/lychgate_bg.wasm" -Oz
rm -rf "$out"
mv "$new" "$out"
echo "$stamp" >"$out.stamp"
