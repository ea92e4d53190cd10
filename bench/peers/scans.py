"""A scan (W2) with DuckDB or polars, for orientation: see ../README.md.

    scans.py duckdb|polars WORKLOAD --table PATH [flags]

DuckDB reads the table's Parquet files, whose names come from delta-rs outside the measured time: it has no log to read here. Polars reads the
Delta table; its log reader is delta-rs's.
"""

import argparse

import duckdb
import polars as pl
import pyarrow.compute as pc
from deltalake import DeltaTable

from meter import Meter
from queries import query

BATCH_ROWS = 122880


def with_duckdb(table, q):
    connection = duckdb.connect()
    source = "read_parquet(%s)" % DeltaTable(table).file_uris()

    def read():
        rows, total = 0, 0
        for batch in connection.sql(q.sql(source)).to_arrow_reader(BATCH_ROWS):
            if batch.num_rows:
                rows += batch.num_rows
                total += pc.sum(batch[q.sum]).as_py()
        return rows, float(total)

    return "duckdb %s, Parquet files" % duckdb.__version__, read


def with_polars(table, q):
    def read():
        frame = pl.scan_delta(table)
        if q.where:
            frame = frame.filter(pl.sql_expr(q.where))
        if q.columns:
            frame = frame.select(q.columns)
        found = frame.collect(engine="streaming")
        return found.height, float(found[q.sum].sum())

    return "polars " + pl.__version__, read


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("engine", choices=["duckdb", "polars"])
    flags.add_argument("workload", choices=["W2_full", "W2b_project", "W2c_selective", "W2d_lookup", "W2dv_full", "W2dv_project"])
    flags.add_argument("--table", required=True)
    flags.add_argument("--scale", default="sf1")
    flags.add_argument("--repeat", type=int, default=1)
    flags.add_argument("--key", type=int, default=123456, help="l_partkey of W2d_lookup")
    a = flags.parse_args()
    name, read = (with_duckdb if a.engine == "duckdb" else with_polars)(a.table, query(a.workload, a.key))
    meter = Meter()
    rows, total = meter.run(read, a.repeat)
    meter.line(a.workload, name, a.scale, rows=rows, sum=total)


if __name__ == "__main__":
    main()
