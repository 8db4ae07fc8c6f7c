#!/usr/bin/env bash
# Checks licences, sources and advisories of all dependencies: dev/audit.sh CARGO_DENY. The database of advisories comes from
# GitHub; everything else needs only the package registry.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo_deny=$1

for manifest in Cargo.toml fuzz/Cargo.toml bench/Cargo.toml dev/bindgen/Cargo.toml; do
  echo "$manifest: licences, bans and sources"
  # One configuration serves four packages; what one of them does not need is not an error.
  "$cargo_deny" --manifest-path "$manifest" --config deny.toml --all-features check --hide-inclusion-graph \
    -A license-not-encountered -A license-exception-not-encountered licenses bans sources
done

offline=()
if [ "${ADVISORIES:-}" = offline ]; then
  offline=(--offline)
elif ! "$cargo_deny" fetch db; then
  cat >&2 <<'EOF'

Licences, bans and sources hold. ADVISORIES WERE NOT CHECKED: their database could not be fetched from GitHub. Run
`make audit` again where https://github.com/RustSec/advisory-db can be reached. Where it never can, put a clone of it,
made elsewhere within the last 90 days, into the folder that the message above names, and run
  make audit ADVISORIES=offline
EOF
  exit 1
fi
for manifest in Cargo.toml fuzz/Cargo.toml bench/Cargo.toml dev/bindgen/Cargo.toml; do
  echo "$manifest: advisories"
  "$cargo_deny" ${offline[@]+"${offline[@]}"} --manifest-path "$manifest" --config deny.toml --all-features check advisories
done
