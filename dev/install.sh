#!/usr/bin/env bash
# Installs what is missing of the named programs, with the system's package manager: dev/install.sh NAME...
set -euo pipefail

missing=()
for name in "$@"; do
  case $name in
    chromium) command -v chromium chromium-browser google-chrome >/dev/null && continue
      [ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ] && continue ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null && continue ;;
    g++) command -v g++ c++ clang++ >/dev/null && continue ;;
    # Debian keeps servers where only root's PATH leads.
    nginx | fcgiwrap) PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null && continue ;;
    *) command -v "$name" >/dev/null && continue ;;
  esac
  missing+=("$name")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing ${missing[*]}"
if command -v apt-get >/dev/null; then
  as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
  packages=()
  for name in "${missing[@]}"; do
    case $name in
      chromedriver) packages+=(chromium-driver) ;;
      *) packages+=("$name") ;;
    esac
  done
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
elif command -v brew >/dev/null; then
  for name in "${missing[@]}"; do
    case $name in
      chromium) brew install --cask google-chrome ;;
      chromedriver) brew install --cask chromedriver ;;
      python3-venv) brew install python3 ;;
      *) brew install "$name" ;;
    esac
  done
else
  echo "Neither apt-get nor brew is here: install ${missing[*]} by hand and try again." >&2
  exit 3
fi
