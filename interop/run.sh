#!/usr/bin/env bash
# run.sh [PART…] checks that other engines read our tables and we theirs: see README.md.
# Parts are ours, mixed, flights and theirs; without arguments, all. Exit code 1 if anything differed; what was written is then kept.
#
#   FORESET_INTEROP_DIR   where the engines are installed   default: foreset/interop under the user's cache
#   FORESET_INTEROP_TMP   where tables are written          default: a folder under $TMPDIR or /tmp
#
# Needs Go, and what setup.sh needs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
start=$SECONDS
FORESET_INTEROP_DIR=$("$here/setup.sh" | tail -n 1)
export FORESET_INTEROP_DIR
tmp=$(mktemp -d "${FORESET_INTEROP_TMP:-${TMPDIR:-/tmp}}/foreset-interop.XXXXXX")
(cd "$here/.." && CGO_ENABLED=0 go build -o "$tmp/" ./cmd/foreset ./examples/nycflights)
echo "interop: installed and built, $((SECONDS - start)) s"
if "$FORESET_INTEROP_DIR/venv/bin/python" "$here/checks/main.py" --foreset "$tmp/foreset" --nycflights "$tmp/nycflights" --folder "$tmp" "$@"; then
  rm -rf "$tmp"
else
  echo "interop: what was written is in $tmp"
  exit 1
fi
