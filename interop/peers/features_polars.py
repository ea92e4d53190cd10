"""Writes tables with polars, which commits through delta-rs: each pair of what polars.write_delta can do; see suite.py and covering.py.

DIR/covering.txt says which pairs there are.
"""

import polars
import tables
from arrow_rows import arrow_table
from covering import combinations, pairs_text
from deltalake import DeltaTable
from features_deltars import TYPES
from read_polars import read
from suite import Suite, folder

FACTORS = {
    "layout": ["flat", "partitioned"],
    "types": ["numbers", "texts and times", "lists"],
    "change feed": ["off", "on"],
    "checkpoint": ["none", "one"],
    "then": ["append", "overwrite", "new column", "merge"],
}


def tell(suite, name, row):
    location, types = suite.location(name), dict(tables.PRIMITIVES + tables.NESTED)
    names = ["s"] + (["arr", "deep", "structs", "st"] if row["types"] == "lists" else TYPES[row["types"]])
    columns, values = tables.all_types()
    at = {column: n for n, (column, _) in enumerate(columns)}

    def frame(first, count):
        rows = [[first + v[0]] + [v[at[n]] for n in names] + [None if v[0] % 5 == 0 else v[0] % 3] for v in values[:count]]
        return polars.from_arrow(arrow_table([("id", "bigint")] + [(n, types[n]) for n in names] + [("g", "int")], rows))

    options = {"configuration": {"delta.enableChangeDataFeed": "true"} if row["change feed"] == "on" else {}}
    if row["layout"] == "partitioned":
        options["partition_by"] = ["g"]
    frame(0, 13).write_delta(location, delta_write_options=options)
    frame(100, 5).write_delta(location, mode="append")
    if row["checkpoint"] == "one":
        DeltaTable(location).create_checkpoint()
    if row["then"] == "merge":
        merge = frame(100, 8).write_delta(location, mode="merge", delta_merge_options={"predicate": "t.id = s.id", "source_alias": "s", "target_alias": "t"})
        merge.when_matched_delete("s.id = 103").when_matched_update({"s": "'merged'"}).when_not_matched_insert_all().execute()
    elif row["then"] == "new column":
        wider = frame(200, 5).with_columns(polars.lit(1.5).alias("late"))
        wider.write_delta(location, mode="append", delta_write_options={"schema_mode": "merge"})
    else:
        frame(200, 5).write_delta(location, mode=row["then"])
    suite.done(name, versions=[0, 1], more={"factors": row})


if __name__ == "__main__":
    suite = Suite("polars", folder(), read)
    rows, pairs = combinations(FACTORS, [])
    for n, row in enumerate(rows):
        tell(suite, "pairs_%02d" % n, row)
    with open(suite.location("covering.txt"), "w", encoding="utf-8") as f:
        f.write(pairs_text(FACTORS, rows, pairs))
    print("%d tables have all of %d pairs" % (suite.tables, len(pairs)))
