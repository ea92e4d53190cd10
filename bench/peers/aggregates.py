"""Group-bys of lineitem by `foreset cat --agg` and by DuckDB on the same Parquet files: CPU seconds of a process each, taking turns.

    go build -o /tmp/foreset ./cmd/foreset
    python bench/peers/aggregates.py /tmp/foreset "$BENCH_DATA/sf1/li"

The python is that of interop/setup.sh, which has DuckDB. A process opens the table or the files, computes, and prints the result as CSV; the
least of three rounds counts.
"""

import glob
import os
import resource
import subprocess
import sys

QUERIES = {
    "l_returnflag, l_linestatus": "sum(l_quantity), sum(l_extendedprice), avg(l_quantity), avg(l_discount), count(*)",
    "l_partkey": "count(*)",
    "": "count(*), min(l_shipdate), max(l_shipdate), min(l_extendedprice)",
}
DUCKDB = "import duckdb, sys; c = duckdb.connect(); c.execute('SET threads = %d; SET enable_progress_bar = false' % int(sys.argv[1])); c.execute(sys.argv[2])"


def cpu(command):
    """CPU seconds of a command, and how many lines it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out.count(b"\n")


def main():
    foreset, table = sys.argv[1:]
    files = sorted(glob.glob(os.path.join(table, "*.parquet")))
    for by, values in QUERIES.items():
        ours = [foreset, "cat", table, "--agg", values, "-o", "csv"] + (["--by", by] if by else [])
        sql = "COPY (SELECT %s FROM read_parquet(%r)%s) TO '/dev/stdout' (FORMAT csv)" % (
            ", ".join(part for part in (by, values) if part), files, " GROUP BY " + by if by else "")
        theirs = [sys.executable, "-c", DUCKDB, str(os.cpu_count()), sql]
        rounds = [(cpu(ours), cpu(theirs)) for _ in range(3)]
        if len({lines for pair in rounds for _, lines in pair}) != 1:
            raise SystemExit("by %s: the numbers of groups differ: %s" % (by, rounds))
        print("by %-28s foreset %.2f s, DuckDB %.2f s" % (by or "nothing", *(min(r[i][0] for r in rounds) for i in range(2))))
    (start, _) = cpu([sys.executable, "-c", DUCKDB, "1", "SELECT 1"])
    print("of DuckDB's, %.2f s are the start of Python and DuckDB" % start)


main()
