"""Evaluates the expressions of W10 with DuckDB over the same Arrow batches: see ../README.md.

    expressions.py WORKLOAD [flags]

The rows of lineitem are in memory as an Arrow table. What is measured is DuckDB's whole query, which counts or adds up.
"""

import argparse

import duckdb
import pyarrow.compute as pc

import lineitem
from meter import Meter

CASE = "CASE WHEN l_discount > 0.05 THEN l_extendedprice * (1 - l_discount) WHEN l_returnflag = 'R' THEN 0 ELSE l_extendedprice END"


def query(workload, rows):
    if workload == "W10_filter":
        return "l_quantity < 24 AND l_discount BETWEEN 0.05 AND 0.07 AND l_shipdate >= DATE '1994-01-01'"
    if workload == "W10_like":
        return "l_comment LIKE '%special%requests%'"
    if workload == "W10_in":
        some = rows.select(["l_orderkey", "l_comment"]).filter(pc.field("l_orderkey") <= 200)  # as cmd/bench-go has it
        comments = sorted(set(some["l_comment"].to_pylist()), key=str.encode)[:100]
        return "l_comment IN (%s)" % ", ".join("'%s'" % c.replace("'", "''") for c in comments)
    return None


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("workload", choices=["W10_filter", "W10_like", "W10_in", "W10_case"])
    flags.add_argument("--scale", default="sf1")
    flags.add_argument("--repeat", type=int, default=1)
    a = flags.parse_args()
    rows = lineitem.table(a.scale)
    connection = duckdb.connect()
    connection.register("rows", rows)
    where = query(a.workload, rows)
    sql = "SELECT count(*), 0 FROM rows WHERE " + where if where else "SELECT count(*), CAST(sum(%s) AS DOUBLE) FROM rows" % CASE

    def read():
        (count, total), = connection.sql(sql).fetchall()
        return count, float(total)

    meter = Meter()
    count, total = meter.run(read, a.repeat)
    meter.line(a.workload, "duckdb %s, Arrow in memory" % duckdb.__version__, a.scale, rows=count, sum=total)


if __name__ == "__main__":
    main()
