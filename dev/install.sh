#!/usr/bin/env bash
# Installs the named programs that are missing, with the system's package manager: dev/install.sh NAME...
set -euo pipefail

missing=()
for name in "$@"; do
  case $name in
    chromium) command -v chromium chromium-browser google-chrome >/dev/null && continue
      [ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ] && continue ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null && continue ;;
    g++) command -v g++ c++ clang++ >/dev/null && continue ;;
    php-fpm) compgen -G '/usr/sbin/php-fpm*' >/dev/null && continue ;;
    ruby-sinatra) ruby -e 'require "sinatra/base"' 2>/dev/null && continue ;;
    jgit) [ -e /usr/share/java/org.eclipse.jgit.jar ] && continue ;;
    tomcat10) [ -e /etc/tomcat10/server.xml ] && continue ;;
    # Debian installs servers into folders that only root's PATH includes.
    nginx | fcgiwrap | lighttpd | haproxy | varnishd | apache2 | dockerd) PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null && continue ;;
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
      php) packages+=(php-cli) ;;
      go) packages+=(golang-go) ;;
      javac) packages+=(default-jdk-headless) ;;
      jgit) packages+=(libjgit-java) ;;
      varnishd) packages+=(varnish) ;;
      dockerd) packages+=(docker.io) ;;
      htpasswd) packages+=(apache2-utils) ;;
      *) packages+=("$name") ;;
    esac
  done
  # Debian starts a server when it installs it. Only the tests start these servers, on ports of their own.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
  fi
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
elif command -v brew >/dev/null; then
  for name in "${missing[@]}"; do
    case $name in
      chromium) brew install --cask google-chrome ;;
      chromedriver) brew install --cask chromedriver ;;
      python3-venv) brew install python3 ;;
      varnishd) brew install varnish ;;
      *) brew install "$name" ;;
    esac
  done
else
  echo "Neither apt-get nor brew is available: install ${missing[*]} by hand and try again." >&2
  exit 3
fi
