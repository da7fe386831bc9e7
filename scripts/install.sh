#!/bin/sh
# Installs Maestro: picks the program for this machine, checks it against the published checksum, and only then makes it executable.
#
#     sh install.sh [--dir DIR] [--base-url URL]
#
# DIR is ~/.local/bin unless said, URL the folder with the files of a release. MAESTRO_INSTALL_DIR and MAESTRO_BASE_URL do the same.
set -eu

default_base_url=""

main() {
  base_url="${MAESTRO_BASE_URL:-$default_base_url}"
  dir="${MAESTRO_INSTALL_DIR:-${HOME:-}/.local/bin}"
  while [ $# -gt 0 ]; do
    case "$1" in
      --dir) dir="${2:?--dir needs a folder}" && shift 2 ;;
      --base-url) base_url="${2:?--base-url needs a URL}" && shift 2 ;;
      *) fail "unknown argument \"$1\": there are --dir DIR and --base-url URL" ;;
    esac
  done
  base_url="${base_url%/}"
  check_url "$base_url"
  file="$(program_name)"

  # In the folder itself, so that the last step is a renaming: nobody ever sees half a program.
  mkdir -p "$dir"
  temporary="$(mktemp -d "$dir/.maestro-install.XXXXXX")"
  trap 'rm -rf "$temporary"' EXIT
  trap 'exit 1' HUP INT TERM
  fetch "$base_url/SHA256SUMS" "$temporary/SHA256SUMS"
  expected="$(awk -v file="$file" '$2 == file { print $1 }' "$temporary/SHA256SUMS")"
  [ -n "$expected" ] || fail "there is no checksum of $file in $base_url/SHA256SUMS"
  fetch "$base_url/$file" "$temporary/maestro"
  actual="$(sha256 "$temporary/maestro")"
  [ "$actual" = "$expected" ] ||
    fail "the checksum of $base_url/$file is wrong: expected $expected, got $actual. Nothing was installed"
  chmod 755 "$temporary/maestro"
  mv -f "$temporary/maestro" "$dir/maestro"
  echo "installed $dir/maestro: $("$dir/maestro" version)"
  case ":$PATH:" in
    *":$dir:"*) ;;
    *) echo "$dir is not in PATH" >&2 ;;
  esac
}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

# Whoever could change the program on its way could change the checksum too: both come over TLS, or from this machine.
check_url() {
  case "$1" in
    https://*) ;;
    http://127.0.0.1 | http://127.0.0.1[:/]* | http://localhost | http://localhost[:/]*) ;;
    "") fail "say where the files of a release are: --base-url URL" ;;
    *) fail "the base URL must begin with https://, but is \"$1\"" ;;
  esac
}

program_name() {
  case "$(uname -m)" in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) fail "there is no program for the processor \"$(uname -m)\"" ;;
  esac
  case "$(uname -s)" in
    Linux) if is_musl; then echo "maestro-linux-$cpu-musl"; else echo "maestro-linux-$cpu"; fi ;;
    Darwin) echo "maestro-macos-$cpu" ;;
    *) fail "there is no program for \"$(uname -s)\" here; for Windows take maestro-windows-x64.exe" ;;
  esac
}

is_musl() {
  ldd --version 2>&1 | grep -qi musl
}

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --output "$2" "$1" || fail "cannot fetch $1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1" || fail "cannot fetch $1"
  else
    fail "needs curl or wget"
  fi
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail "needs sha256sum or shasum"
  fi
}

# Called at the very end: of a script that arrives in part, nothing runs.
main "$@"
