"""Writes tables with delta-rs, and what it reads in them: see suite.py."""

import pyarrow as pa
import tables
from arrow_rows import arrow_table
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from read_deltars import read
from suite import Suite, folder


def all_types(suite):
    for name, ntz in (("all_types", True), ("all_types_no_ntz", False)):
        rows = tables.all_types(ntz)
        write_deltalake(suite.location(name), arrow_table(*rows))
        suite.done(name, rows, tables.FILTERS["all_types"], columns=["ts", "id", "mm"])


def partitioned(suite):
    rows = tables.awkward()
    write_deltalake(suite.location("awkward"), arrow_table(*rows), partition_by=["p"])
    suite.done("awkward", None, tables.FILTERS["awkward"], columns=["p"])
    empty_string(suite)
    columns, values = tables.typed()
    # delta-rs writes the decimal −0.001 as 0.0-1 and a Long of 64 bits well; only positive fractions go in.
    values = [row[:6] + ["999999.999" if row[6] == "-999999.999" else row[6]] + row[7:] for row in values]
    write_deltalake(suite.location("typed"), arrow_table(columns, values), partition_by=tables.TYPED_PARTITIONS)
    suite.done("typed", (columns, values), tables.FILTERS["typed"], columns=["v", "pt"])


def empty_string(suite):
    """An empty string as a partition value. The protocol has it read as null; delta-rs writes it and reads it back as it was."""
    rows = [[1, "", "was empty"], [2, None, "was null"], [3, "a", "was a"]]
    write_deltalake(suite.location("empty_string"), arrow_table(tables.AWKWARD_COLUMNS, rows), partition_by=["p"])
    suite.done("empty_string", None, ["v = 'was empty'", "p = 'a'"], protocol=lambda line: line.replace('"p":"",', '"p":null,'))


def commits(suite):
    """Appends, deletes, updates, a merge, overwrites of a part and of all, an optimize, checkpoints among them."""
    location, columns = suite.location("commits"), [("id", "bigint"), ("g", "int"), ("v", "string")]
    batch = lambda ids, v="v": arrow_table(columns, [[i, i % 3, None if i % 5 == 0 else "%s%d" % (v, i)] for i in ids])
    config = {"delta.checkpointInterval": "1000"}
    write_deltalake(location, batch(range(3)), partition_by=["g"], configuration=config)
    for n in range(1, 36):
        table = DeltaTable(location)
        if n % 11 == 10:
            table.create_checkpoint()
        if n == 8:
            table.delete("id = 7 OR id = 2")
        elif n == 14:
            table.update(updates={"v": "'changed'"}, predicate="g = 1 AND id > 10")
        elif n == 18:
            source = batch([20, 21, 1000], "merged")
            (table.merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute())
        elif n == 22:
            write_deltalake(location, batch([2, 5, 8, 11], "replaced"), mode="overwrite", predicate="g = 2")
        elif n == 26:
            table.optimize.compact()
        elif n == 30:
            write_deltalake(location, batch(range(50, 60)), mode="overwrite")
        else:
            properties = CommitProperties(custom_metadata={"note": "n=%d" % n}, app_transactions=[Transaction("loader", n)])
            write_deltalake(location, batch(range(3 * n, 3 * n + 3)), mode="append", commit_properties=properties)
    suite.done("commits", None, tables.FILTERS["commits"], versions=[0, 7, 8, 10, 14, 18, 21, 22, 26, 29, 30, 33])


def evolved(suite):
    """A column added by an append, properties set, a constraint, a table of no rows."""
    location = suite.location("evolved")
    write_deltalake(location, arrow_table([("id", "int"), ("a", "string")], [[1, "x"], [2, None]]), name="evolved", description='says "what"')
    write_deltalake(location, arrow_table([("id", "int"), ("a", "string"), ("b", "decimal(9,2)")], [[3, "y", "1.50"]]), mode="append", schema_mode="merge")
    table = DeltaTable(location)
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 60 days", "delta.checkpointInterval": "5"})
    table.alter.add_constraint({"positive": "id > 0"})
    suite.done("evolved", None, ["b IS NULL", "id > 1"], versions=[0, 1])
    empty = suite.location("empty")
    DeltaTable.create(empty, schema=pa.schema([("id", pa.int64()), ("s", pa.string())]), partition_by=["s"])
    suite.done("empty", None, ["id = 1"])


if __name__ == "__main__":
    suite = Suite("delta-rs", folder(), read)
    for write in (all_types, partitioned, commits, evolved):
        write(suite)
    print("%d tables in %s" % (suite.tables, suite.folder))
