#!/usr/bin/env bash
# Runs a command as a step of a build: dev/step.sh WHAT COMMAND... It announces the step and says how long it took.
set -uo pipefail
what=$1
shift
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; else bold='' plain=''; fi

echo "$bold== $what …$plain"
SECONDS=0
# The command must not use make's job server: cargo counts its own jobs.
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "$@"
status=$?
if [ "$status" -eq 0 ]; then
  echo "   $what: $SECONDS s"
else
  echo "   $what: failed after $SECONDS s" >&2
fi
exit "$status"
