#!/usr/bin/env bash
# Brings what the examples in Python, Go and Java need, and builds them. Debian packages are installed only where a command is
# missing; everything else stays inside the repository. Run it again at any time: what is there already is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
services=examples/services

# The oldest Go whose go command fetches the toolchain that a go.mod asks for.
is_go_recent() {
  command -v go >/dev/null && [[ $(go env GOVERSION) =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 21 ]
}

# Installs the Debian packages of the commands that are missing.
debian_packages() {
  local missing=()
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

# Debian's Go may be too old for grpc-go, but it can fetch a newer one: toolchains are modules of Go's proxy.
recent_go() {
  is_go_recent && return
  local version toolchain
  version=$(sed -n 's/^go //p' $services/go/go.mod)
  toolchain="v0.0.1-go$version.linux-$(go env GOARCH)"
  echo "fetching Go $version"
  local root
  root=$(cd "$(mktemp -d)" && go mod download -json "golang.org/toolchain@$toolchain" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  # The proxy's zip knows no executable files.
  chmod -R u+x "$root/bin" "$root/pkg/tool"
  PATH="$root/bin:$PATH"
}

python_services() {
  [ -x $services/python/.venv/bin/python ] || python3 -m venv $services/python/.venv
  $services/python/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r $services/python/requirements.txt
}

go_services() (
  cd $services/go
  go run ./generate
  go build -o bin/ ./certificates ./processing ./rates ./types
)

java_services() {
  mvn --quiet --batch-mode --no-transfer-progress --file $services/java/pom.xml package
}

debian_packages
echo "python: $(python3 --version)" && python_services
recent_go
echo "go: $(go version)" && go_services
echo "java: $(java -version 2>&1 | head -1)" && java_services
