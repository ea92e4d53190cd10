#!/usr/bin/env bash
# run.sh [WORKLOAD…] measures this library and delta-rs side by side and prints both, with the ratios: see README.md and ../docs/benchmarks.md.
# Without arguments all workloads; W2 stands for all that begin so, s3 for those on an object store. Everything it needs it installs and makes:
# the first time takes minutes more.
#
#   BENCH_DATA    inputs, made once (2.2 GB)        default: foreset/bench/data under the user's cache
#   BENCH_ROUNDS  how often, engines taking turns  default: 3; the least CPU time of the rounds counts
#   BENCH_OUT     a file for the lines of JSON     default: none is kept
#
# Needs Go, python3 (3.10 or later), and what interop/setup.sh needs; for s3, what interop/stores.sh needs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/foreset/bench
export BENCH_DATA=${BENCH_DATA:-$cache/data}
rounds=${BENCH_ROUNDS:-3}
mkdir -p "$cache" "$BENCH_DATA"

selected=()
for prefix in "${@:-}"; do
  before=${#selected[@]}
  for workload in W0_idle W1_append W1b_partitioned W2_full W2b_project W2c_selective W2d_lookup W2dv_full W2dv_project W3_snapshot W3_incremental W3_plan \
    W4_small_commits W4c_checkpoint W5_contention W10_filter W10_like W10_in W10_case s3:W0_idle s3:W4_small_commits s3:W4g_group s3:W5_contention s3:W9; do
    [[ $workload != "$prefix"* ]] || selected+=("$workload")
  done
  ((${#selected[@]} > before)) || { echo "run.sh: there is no workload $prefix" >&2; exit 2; }
done

interop=$("$here/../interop/setup.sh" | tail -n 1)
python=$interop/venv/bin/python

# A stamp holds what something was made by, so that it is made again when that changes.
made_by() { # made_by STAMP FILE…
  local stamp=$1
  shift
  cat "$@" | cmp -s - "$stamp"
}

if ! made_by "$cache/requirements.installed" "$here/requirements.txt"; then
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$cache/requirements.installed"
fi

tables_by=("$here"/{requirements.txt,peers/lineitem.py,peers/make_tables.py})
if ! made_by "$BENCH_DATA/tables.stamp" "${tables_by[@]}"; then
  echo "making the rows of lineitem and the tables" >&2
  rm -rf "$BENCH_DATA/sf1" "$BENCH_DATA/generated"
  "$cache/venv/bin/tpchgen-cli" parquet -s 1 --tables=lineitem --output-dir="$BENCH_DATA/generated" >&2
  "$python" "$here/peers/make_tables.py" "$BENCH_DATA/generated/lineitem.parquet"
  rm -rf "$BENCH_DATA/generated"
  cat "${tables_by[@]}" >"$BENCH_DATA/tables.stamp"
fi

logs=(n1000-a n1000-b n1000-c n10000-a n10000-b n10000-c n100000-a n100000-b n100000-c n1000000-a n1000000-v)
if ! made_by "$BENCH_DATA/logs.stamp" "$here/peers/make_log.py"; then
  echo "making ${#logs[@]} logs" >&2
  rm -rf "$BENCH_DATA/logs"
  for log in "${logs[@]}"; do
    files=${log%-*}
    "$python" "$here/peers/make_log.py" "$BENCH_DATA/logs/$log" --files "${files#n}" --shape "${log#*-}"
  done
  cp "$here/peers/make_log.py" "$BENCH_DATA/logs.stamp"
fi

# On the disk of the inputs: private copies of tables link their files.
BENCH_TMP=$(mktemp -d "$BENCH_DATA/tmp.XXXXXX")
export BENCH_TMP
store_pid=
stop() {
  if [[ $store_pid ]]; then
    exec {store_in}>&-
    wait "$store_pid"
  fi
  rm -rf "$BENCH_TMP"
}
trap stop EXIT
trap 'exit 130' INT TERM
out=${BENCH_OUT:-$BENCH_TMP/results.jsonl}
: >"$out"
(cd "$here" && CGO_ENABLED=0 go build -o "$BENCH_TMP/bench-go" ./cmd/bench-go)

foreset() { "$BENCH_TMP/bench-go" "$@" >>"$out"; }
delta_rs() { "$python" "$here/peers/deltars.py" "$@" >>"$out"; }

# both WORKLOAD FLAG… runs a workload with this library and with delta-rs.
both() {
  foreset "$@"
  delta_rs "$@"
}

# many FOLDER makes 1,000 tables of one, once.
many() {
  local i
  [[ ! -d $1/many ]] || return 0
  mkdir "$1/many"
  for i in {0..999}; do cp -a "$1/cp" "$1/many/$i"; done
}

# start_store starts a server of S3, which keeps the bucket in a folder, with a proxy before it, and puts tables there. It ends with its input.
start_store() {
  [[ ! $store_pid ]] || return 0
  "$here/../interop/stores.sh" -run '^$' >&2 # installs the servers
  (cd "$here" && CGO_ENABLED=0 go build -o "$BENCH_TMP/bench-store" ./cmd/bench-store)
  coproc STORE { exec "$BENCH_TMP/bench-store" "$interop" "$BENCH_TMP/s3"; }
  store_pid=$STORE_PID store_in=${STORE[1]} bucket=$BENCH_TMP/s3/foreset
  mkdir -p "$BENCH_TMP/s3"
  read -r -u "${STORE[0]}" endpoint control
  with_store 0 "$python" "$here/peers/make_small.py" s3://foreset/made "$BENCH_DATA/logs/n100000-a"
}

# with_store MS COMMAND… runs a command that finds the store in its environment; each request of what it measures takes so much longer.
with_store() (
  export AWS_ENDPOINT_URL=$endpoint BENCH_CONTROL=$control BENCH_LATENCY_MS=$1 AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=foreset-key AWS_SECRET_ACCESS_KEY=foreset-secret AWS_EC2_METADATA_DISABLED=true
  unset AWS_CA_BUNDLE # the SDK would parse it for every table that is opened
  shift
  "$@"
)

# on_s3 ENGINES MS TABLE WORKLOAD FLAG… runs a workload on S3, each engine on a copy of a table that start_store made, or at an empty place (-).
on_s3() {
  local engines=$1 ms=$2 table=$3 engine
  shift 3
  for engine in $engines; do
    rm -rf "$bucket/table"
    [[ $table == - ]] || cp -a "$bucket/made/$table" "$bucket/table"
    with_store "$ms" "$engine" "$@" --table s3://foreset/table
  done
}

# scan WORKLOAD TABLE adds delta-rs's other way to read, and two engines for orientation.
scan() {
  both "$1" --table "$BENCH_DATA/sf1/$2" --repeat 3
  "$python" "$here/peers/deltars.py" "$1" --table "$BENCH_DATA/sf1/$2" --repeat 3 --api dataset >>"$out"
  for engine in duckdb polars; do
    "$python" "$here/peers/scans.py" "$engine" "$1" --table "$BENCH_DATA/sf1/$2" --repeat 3 >>"$out"
  done
}

measure() { # measure WORKLOAD
  local log repeat codec input mode
  case $1 in
  W0_idle)
    [[ -d $BENCH_TMP/small ]] || "$python" "$here/peers/make_small.py" "$BENCH_TMP/small"
    many "$BENCH_TMP/small"
    both "$1" --table "$BENCH_TMP/small/cp" --scale 1 --n 1
    both "$1" --table "$BENCH_TMP/small/many" --scale 1000 --n 1000
    both "$1" --table "$BENCH_DATA/logs/n100000-a" --scale large --n 1 ;;
  W1_append)
    for codec in SNAPPY ZSTD; do
      for input in stream arrow; do
        both "$1" --table "$BENCH_TMP/lineitem" --compression "$codec" --input "$input"
      done
    done ;;
  W1b_partitioned) both "$1" --table "$BENCH_TMP/lineitem" ;;
  W2_full | W2b_project) scan "$1" li ;;
  W2c_selective) scan "$1" clustered ;;
  W2d_lookup) scan "$1" zorder ;;
  W2dv_*) # duckdb would read the Parquet files alone, with the rows that are deleted; delta-rs's dataset refuses the table
    [[ -d $BENCH_TMP/deleted ]] || "$BENCH_TMP/bench-go" delete "$BENCH_DATA/sf1/li" "$BENCH_TMP/deleted"
    both "$1" --table "$BENCH_TMP/deleted" --repeat 3
    "$python" "$here/peers/scans.py" polars "$1" --table "$BENCH_TMP/deleted" --repeat 3 >>"$out" ;;
  W3_snapshot)
    for log in "${logs[@]}"; do
      repeat=3
      [[ $log != n1000000-* ]] || repeat=1
      both "$1" --table "$BENCH_DATA/logs/$log" --scale "$log" --repeat "$repeat"
      [[ $log != *000000-* ]] || both "$1" --table "$BENCH_DATA/logs/$log" --scale "$log" --repeat "$repeat" --mode stats
    done ;;
  W3_incremental)
    for log in "${logs[@]}"; do
      [[ $log != *-a ]] || both "$1" --table "$BENCH_DATA/logs/$log" --scale "$log" --repeat 3
    done ;;
  W3_plan)
    for log in n100000-a n1000000-a; do
      for mode in handle path; do
        both "$1" --table "$BENCH_DATA/logs/$log" --scale "$log" --repeat 3 --mode "$mode"
      done
    done ;;
  W4_small_commits)
    for mode in handle path; do
      both "$1" --table "$BENCH_TMP/rows" --scale n200 --n 200 --mode "$mode"
    done ;;
  W4c_checkpoint) both "$1" --table "$BENCH_DATA/logs/n100000-b" --scale n100000-b ;;
  W5_contention) both "$1" --table "$BENCH_TMP/rows" --scale 8x50 --p 8 --n 50 --mode path ;;
  W10_*)
    foreset "$1" --table "$BENCH_DATA/sf1/li" --repeat 3
    "$python" "$here/peers/expressions.py" "$1" --repeat 3 >>"$out" ;;
  s3:*)
    # Those of minutes come once: they repeat what they do often enough.
    [[ $round == 1 || $1 == s3:W4_* || $1 == s3:W9 ]] || return 0
    start_store
    measure_on_s3 "${1#s3:}" ;;
  esac
}

measure_on_s3() { # measure_on_s3 WORKLOAD
  local ms mode op
  case $1 in
  W0_idle)
    many "$bucket/made"
    on_s3 "foreset delta_rs" 0 cp "$1" --scale 1 --n 1
    on_s3 "foreset delta_rs" 0 many "$1" --scale 1000 --n 1000 --wait 100s # longer than connections are kept
    on_s3 "foreset delta_rs" 0 log "$1" --scale large --n 1 ;;
  W4_small_commits)
    for ms in 0 30; do
      for mode in handle ack path; do
        on_s3 "foreset delta_rs" "$ms" - "$1" --scale n50 --n 50 --mode "$mode"
      done
    done ;;
  W4g_group) # delta-rs has none
    on_s3 foreset 30 - "$1" --scale 200x1 --p 200 --n 1 --mode turns
    on_s3 foreset 30 - "$1" --scale 100x1 --p 100 --n 1 --mode append
    on_s3 foreset 30 - "$1" --scale 1000x1 --p 1000 --n 1 --mode append
    on_s3 foreset 30 - "$1" --scale 1000x20 --p 1000 --n 20 --mode writer ;;
  W5_contention)
    for ms in 0 30; do
      for mode in handle path; do
        on_s3 "foreset delta_rs" "$ms" - "$1" --scale 8x50 --p 8 --n 50 --mode "$mode"
      done
    done ;;
  W9)
    for op in open:cp open_list:cp open_nocp:nocp update:cp append_path:cp append_handle:cp append_ack:cp scan10:scan scan10_handle:scan checkpoint:c100; do
      on_s3 "foreset delta_rs" 30 "${op#*:}" "W9_${op%:*}"
    done ;;
  esac
}

for ((round = 1; round <= rounds; round++)); do
  for workload in "${selected[@]}"; do
    echo "round $round of $rounds: $workload" >&2
    measure "$workload"
  done
done
"$python" "$here/peers/compare.py" "$out" --data "$BENCH_DATA"
