"""Writes tables with polars (which commits through delta-rs), and what it reads in them: see suite.py."""

import polars
import tables
from arrow_rows import arrow_table
from read_polars import read
from suite import Suite, folder


def frame(columns, rows):
    return polars.from_arrow(arrow_table(columns, rows))


def all_types(suite):
    columns, rows = tables.all_types()
    keep = [i for i, (_, t) in enumerate(columns) if "map<" not in t]  # polars would write a map as a list of entries
    columns, rows = [columns[i] for i in keep], [[row[i] for i in keep] for row in rows]
    frame(columns, rows).write_delta(suite.location("all_types"))
    suite.done("all_types", (columns, rows), tables.FILTERS["all_types"], columns=["ts", "id", "st"])


def partitioned(suite):
    frame(*tables.awkward()).write_delta(suite.location("awkward"), delta_write_options={"partition_by": ["p"]})
    suite.done("awkward", None, tables.FILTERS["awkward"], columns=["p"])


def commits(suite):
    location, columns = suite.location("commits"), [("id", "bigint"), ("g", "int"), ("v", "string")]
    for n in range(33):
        rows = [[i, i % 3, None if i % 5 == 0 else "v%d" % i] for i in range(3 * n, 3 * n + 3)]
        frame(columns, rows).write_delta(location, mode="overwrite" if n == 20 else "append")
    suite.done("commits", None, tables.FILTERS["commits"], versions=[0, 9, 10, 11, 19, 20, 31])


if __name__ == "__main__":
    suite = Suite("polars", folder(), read)
    for write in (all_types, partitioned, commits):
        write(suite)
    print("%d tables in %s" % (suite.tables, suite.folder))
