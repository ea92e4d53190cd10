#!/usr/bin/env bash
# stores.sh [-run TEST …] runs the library on servers of S3, Azure and GCS, on loopback: see README.md. Arguments go to go test.
# Prints last the tables of TestFaultsBesideDeltaRs, if it ran.
# Installs the servers into FORESET_INTEROP_DIR, once per machine. Needs Go, npm, and what setup.sh needs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
start=$SECONDS
dir=$("$here/setup.sh" | tail -n 1)

# installed NAME VERSION COMMAND… installs what is not there in that version.
installed() {
  local stamp=$dir/$1.version version=$2
  shift 2
  if [ "$(cat "$stamp" 2>/dev/null)" != "$version" ]; then
    "$@" >&2
    echo "$version" >"$stamp"
  fi
}

go_program() { GOBIN=$dir/bin GOWORK=off GOFLAGS=-mod=mod CGO_ENABLED=0 go install "$1"; }
azurite() { rm -rf "$dir/azurite" && npm install --silent --no-fund --no-audit --prefix "$dir/azurite" azurite@3.35.0; }
moto() { rm -rf "$dir/moto" && python3 -m venv "$dir/moto" && "$dir/moto/bin/pip" install -q --disable-pip-version-check 'moto[server]==5.2.5'; }

installed versitygw v1.8.0 go_program github.com/versity/versitygw/cmd/versitygw@v1.8.0
installed fake-gcs-server v1.56.1 go_program github.com/fsouza/fake-gcs-server@v1.56.1
installed azurite 3.35.0 azurite
installed moto 5.2.5 moto
echo "interop: the servers are installed, $((SECONDS - start)) s"
cd "$here"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
code=0
FORESET_INTEROP_DIR=$dir FORESET_FAULTS_REPORT=$report go test -count=1 -timeout 20m "$@" ./stores || code=$?
cat "$report"
exit "$code"
