#!/usr/bin/env bash
# Has wrangler make everything that it would upload, and says how much that is: dev/try-deployment.sh OUT_DIR. What wrangler says
# is in OUT_DIR.log, and is shown if it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
mkdir -p "$(dirname "$out")"
if ! wrangler deploy --dry-run --outdir "$out" >"$out.log" 2>&1 || ! grep -o 'Total Upload: .*' "$out.log"; then
  cat "$out.log"
  exit 1
fi
