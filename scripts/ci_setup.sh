#!/usr/bin/env bash
# Brings what the polyglot tests need beside Node: Python with grpcio, Go and Java with their modules.
# Installs Debian packages only where a command is missing; everything else stays inside the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each command, and the Debian package that brings it.
debian_packages() {
  local missing=()
  command -v python3 >/dev/null || missing+=(python3)
  python3 -c "import ensurepip, venv" 2>/dev/null || missing+=(python3-venv)
  command -v go >/dev/null || missing+=(golang-go)
  command -v javac >/dev/null || missing+=(default-jdk-headless)
  command -v mvn >/dev/null || missing+=(maven)
  [ "${#missing[@]}" -eq 0 ] && return
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

debian_packages
