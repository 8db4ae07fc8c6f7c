#!/usr/bin/env bash
# Builds the Worker twice here and once in a copy of this folder elsewhere; fails if a byte differs.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sources() {
  git ls-files -z | xargs -0 cksum | cksum
}

before=$(sources)
copy=$work/elsewhere/a\ copy
mkdir -p "$copy"
git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$copy"

CARGO_TARGET_DIR=$work/first dev/build-worker.sh "$work/build-first"
CARGO_TARGET_DIR=$work/second dev/build-worker.sh "$work/build-second"
PATH="$here/node_modules/.bin:$here/.tools/bin:$PATH" CARGO_TARGET_DIR=$work/third "$copy/dev/build-worker.sh" "$work/build-third"

if [ "$(sources)" != "$before" ]; then
  echo "files changed while the builds ran, so the result means nothing; run it again" >&2
  exit 1
fi
for file in gate_bg.wasm gate.js service_bg.wasm service.js tables_bg.wasm tables.js tables.bin; do
  for other in second third; do
    if ! cmp "$work/build-first/$file" "$work/build-$other/$file"; then
      echo "$file differs in the $other build: something in it depends on when or where it is built" >&2
      exit 1
    fi
  done
done
if LC_ALL=C grep -qaF -e "$here" -e "${CARGO_HOME:-$HOME/.cargo}/" -e "$work" "$work"/build-first/*_bg.wasm; then
  echo "the module contains the path of a folder of this machine" >&2
  exit 1
fi
(cd "$work/build-first" && sha256sum *_bg.wasm *.js *.bin 2>/dev/null || shasum -a 256 *_bg.wasm *.js *.bin)
