#!/usr/bin/env bash
# run.sh [PART…] checks that other engines read our tables and we theirs: see README.md.
# Parts are ours, mixed, flights, theirs, features and shapes; without arguments, all of them. The exit code is 1 if anything differed.
# Needs Go, and what setup.sh needs; FORESET_INTEROP_DIR is where the engines are installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
start=$SECONDS
FORESET_INTEROP_DIR=$("$here/setup.sh" | tail -n 1)
export FORESET_INTEROP_DIR
echo "interop: the engines are installed, $((SECONDS - start)) s"
exec "$FORESET_INTEROP_DIR/venv/bin/python" "$here/checks/main.py" "$@"
