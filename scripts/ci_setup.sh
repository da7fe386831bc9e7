#!/usr/bin/env bash
# Brings what the polyglot tests and those of the container image need beside Node, and builds the example services in Python, Go and Java.
# Installs Debian packages only where a command is missing; everything else stays inside the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

debian_packages() {
  local missing=()
  python3 -c "import ensurepip, venv" 2>/dev/null || missing+=(python3 python3-venv)
  command -v go >/dev/null || missing+=(golang-go)
  command -v javac >/dev/null || missing+=(default-jdk-headless)
  command -v mvn >/dev/null || missing+=(maven)
  command -v buildah >/dev/null || missing+=(buildah)
  command -v runc >/dev/null || missing+=(runc)
  [ "${#missing[@]}" -gt 0 ] || return 0
  echo "Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Debian's Go is too old for grpc-go and does not fetch a newer one by itself, but toolchains are modules of Go's proxy.
recent_go() {
  [[ $(go env GOVERSION) =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 21 ] && return
  local version folder
  version=$(sed -n 's/^go //p' examples/services/go/go.mod)
  echo "Go $version in place of $(go env GOVERSION)"
  folder=$(cd "$(mktemp -d)" && go mod download -json "golang.org/toolchain@v0.0.1-go$version.linux-$(go env GOARCH)" |
    sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  chmod -R u+x "$folder/bin" "$folder/pkg/tool" # the proxy's files are not executable
  PATH="$folder/bin:$PATH"
}

python_services() {
  cd examples/services/python
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
}

go_services() {
  cd examples/services/go
  go run -buildvcs=false ./generate
  mkdir -p bin
  go build -buildvcs=false -o bin/ ./...
}

java_services() {
  cd examples/services/java
  mvn --batch-mode --quiet -Dstyle.color=never package
}

debian_packages
recent_go
for part in python_services go_services java_services; do
  echo "$part"
  ("$part")
done
