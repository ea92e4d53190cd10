#!/usr/bin/env bash
# setup.sh installs the other engines, once per machine: a Python venv and Delta's jars for Spark.
# The folder is $FORESET_INTEROP_DIR, by default foreset/interop under the user's cache; its name is printed last.
# Needs python3 (3.10 or later), mvn and Java 17. Safe to run again, and by several processes at once.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${FORESET_INTEROP_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/foreset/interop}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

if command -v flock >/dev/null; then
  exec 9>"$dir/.lock"
  flock 9
fi

# A stamp holds what was installed, so that a changed pin installs again.
if ! cmp -s "$here/requirements.txt" "$dir/requirements.installed"; then
  rm -rf "$dir/venv" "$dir/requirements.installed"
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
  # delta-spark pins an older pyspark than the one its jars are built for.
  "$dir/venv/bin/pip" install -q --disable-pip-version-check --no-deps delta-spark==4.4.1 >&2
  cp "$here/requirements.txt" "$dir/requirements.installed"
fi
if ! cmp -s "$here/pom.xml" "$dir/pom.installed"; then
  rm -rf "$dir/jars" "$dir/jars-all" "$dir/pom.installed"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$dir/jars-all" -DincludeScope=runtime >&2
  mkdir -p "$dir/jars"
  cp "$dir"/jars-all/delta-*.jar "$dir"/jars-all/unitycatalog-*.jar "$dir/jars/"
  cp "$here/pom.xml" "$dir/pom.installed"
fi
echo "$dir"
