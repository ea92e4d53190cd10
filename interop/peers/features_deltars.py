"""Writes tables with delta-rs that have each pair of what its writer can do: see suite.py and covering.py. Manifests also have

    "factors":  {factor: level}
    "missing":  what should show of a factor and does not
    "changes":  [{"from", "to", "types", "rows"}]: what its change feed answers, where that is on

DIR/covering.txt says which pairs there are.
"""

import glob
import json
import os

import pyarrow as pa
import tables
from arrow_rows import arrow_table, columns_and_rows
from canonical import sorted_rows
from covering import combinations, pairs_text
from deltalake import ColumnProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.table import TableFeatures
from read_deltars import read
from suite import Suite, folder

FACTORS = {
    "layout": ["flat", "partitioned"],
    "checkpoints": ["none", "one", "by interval"],
    "statistics": ["json", "both", "struct", "of two columns"],
    "types": ["numbers", "texts and times", "lists and maps"],
    "timestamp_ntz": ["off", "on"],
    "schema": ["kept", "merged"],
    "change feed": ["off", "on"],
    "v2Checkpoint": ["off", "on"],
    "deletionVectors": ["off", "on"],
    "compacted logs": ["off", "on"],
    "append only": ["off", "set later"],
    "check": ["off", "on"],
    "changed by": ["delete", "update", "merge"],
    "optimize": ["no", "compact", "z-order"],
    "codec": ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4", "LZ4_RAW"],
    "pages": ["large", "small, no dictionary"],
}
STATISTICS = {
    "json": {}, "both": {"delta.checkpoint.writeStatsAsStruct": "true"}, "of two columns": {"delta.dataSkippingNumIndexedCols": "2"},
    "struct": {"delta.checkpoint.writeStatsAsStruct": "true", "delta.checkpoint.writeStatsAsJson": "false"},
}
TYPES = {
    "numbers": ["b", "i8", "i16", "i32", "i64", "f", "d", "dec1", "dec9", "dec18", "dec38", "frac"],
    "texts and times": ["bin", "day", "ts", "st"],
    "lists and maps": ["arr", "deep", "structs", "m", "ints", "mm"],
}
EXCLUDED = []


class Story:
    def __init__(self, location, row):
        self.location, self.row = location, row
        types = dict(tables.PRIMITIVES + tables.NESTED + [tables.NTZ])
        names = ["id", "s"] + TYPES[row["types"]] + (["ntz"] if row["timestamp_ntz"] == "on" else [])
        self.columns = [(n, types[n]) for n in names] + [("g", "int")]
        small = {"data_page_row_count_limit": 2, "write_batch_size": 2, "max_row_group_size": 5, "default_column_properties": ColumnProperties(dictionary_enabled=False)}
        self.properties = WriterProperties(compression=row["codec"], **(small if row["pages"] != "large" else {}))

    def rows(self, first, count, more=()):
        columns, rows = tables.all_types()
        at = {name: n for n, (name, _) in enumerate(columns)}
        values = [[first + row[0]] + [row[at[n]] for n, _ in self.columns[1:-1]] + [None if row[0] % 5 == 0 else row[0] % 3] for row in rows[:count]]
        return arrow_table(self.columns + [(n, t) for n, t, _ in more], [v + [x for _, _, x in more] for v in values])

    def append(self, first, count=13, more=(), **options):
        write_deltalake(self.location, self.rows(first, count, more), mode="append", writer_properties=self.properties, **options)

    def table(self):
        return DeltaTable(self.location)

    def tell(self):
        on = lambda factor: self.row[factor] == "on"
        config = STATISTICS[self.row["statistics"]] | {"delta.checkpointInterval": "3" if self.row["checkpoints"] == "by interval" else "1000"}
        if on("change feed"):
            config["delta.enableChangeDataFeed"] = "true"
        by = ["g"] if self.row["layout"] == "partitioned" else None
        write_deltalake(self.location, self.rows(0, 13), partition_by=by, configuration=config, writer_properties=self.properties)
        features = [f for f, name in ((TableFeatures.V2Checkpoint, "v2Checkpoint"), (TableFeatures.DeletionVectors, "deletionVectors")) if on(name)]
        if features:
            self.table().alter.add_feature(features, allow_protocol_versions_increase=True)
        self.append(100, 8)
        if on("check"):
            self.table().alter.add_constraint({"small": "id < 1000000"})
        self.change()
        changed = self.table().version()
        if self.row["checkpoints"] == "one":
            self.table().create_checkpoint()
        if self.row["schema"] == "merged":
            self.append(200, 6, [("late", "decimal(9,2)", "1.50"), ("nest", "struct<x:int>", {"x": 1})], schema_mode="merge")
        else:
            self.append(200, 6)
        if self.row["optimize"] == "compact":
            self.table().optimize.compact(writer_properties=self.properties)
        elif self.row["optimize"] == "z-order":
            self.table().optimize.z_order(["id"], writer_properties=self.properties)
        self.table().delete("id IN (203, 7)", writer_properties=self.properties)
        if self.row["append only"] != "off":
            self.table().alter.set_table_properties({"delta.appendOnly": "true"})
        self.append(300, 3, schema_mode="merge" if self.row["schema"] == "merged" else None)
        if on("compacted logs"):
            self.table().compact_logs(1, changed)
            self.table().compact_logs(changed + 1, self.table().version())
        return [1, changed, self.table().version() - 1]

    def change(self):
        table, properties = self.table(), {"writer_properties": self.properties}
        if self.row["changed by"] == "delete":
            table.delete("id IN (2, 3, 104)", **properties)
            table.delete("id > 100", **properties)
        elif self.row["changed by"] == "update":
            table.update(updates={"s": "'updated'", "id": "id + 1000"}, predicate="id IN (2, 3, 104)", **properties)
        else:
            source = self.rows(100, 5).append_column("how", pa.array(["delete", "update", "update", "update", "update"]))
            updated = {name: "s." + name for name, _ in self.columns if name != "s"} | {"s": "'merged'"}
            merge = table.merge(source, "t.id = s.id + 2", source_alias="s", target_alias="t", **properties)
            merge.when_matched_delete("s.how = 'delete'").when_matched_update(updated | {"id": "t.id"}).when_not_matched_insert(
                {name: "s." + name for name, _ in self.columns} | {"id": "s.id + 500"}).execute()

    def feed(self):
        table = self.table()
        answer = pa.table(table.load_cdf(0, table.version()))
        schema = answer.schema.set(len(answer.schema) - 2, pa.field("_commit_version", pa.int64()))
        schema = schema.set(len(schema) - 1, pa.field("_commit_timestamp", pa.timestamp("us", "UTC")))
        columns, rows = columns_and_rows(answer.cast(schema))
        return [{"from": 0, "to": table.version(), "types": columns, "rows": sorted_rows(columns, rows)}]


def missing(location, row):
    """What should show of the levels of a row, and does not."""
    there = lambda pattern: bool(glob.glob(os.path.join(glob.escape(location), pattern)))
    actions = []
    for path in sorted(glob.glob(os.path.join(glob.escape(location), "_delta_log", "*.json"))):
        if len(os.path.basename(path)) == 25:
            with open(path, encoding="utf-8") as f:
                actions += [json.loads(line) for line in f]
    metadata, protocol = ([a[kind] for a in actions if kind in a][-1] for kind in ("metaData", "protocol"))
    shows = {
        ("layout", "partitioned"): metadata["partitionColumns"] == ["g"],
        ("checkpoints", "none"): not there("_delta_log/*.checkpoint.parquet"),
        ("checkpoints", "one"): there("_delta_log/*.checkpoint.parquet"),
        ("checkpoints", "by interval"): there("_delta_log/*.checkpoint.parquet"),
        ("timestamp_ntz", "on"): "timestampNtz" in protocol.get("readerFeatures", []),
        ("schema", "merged"): "late" in metadata["schemaString"],
        ("change feed", "on"): there("_change_data/*") or row["changed by"] != "update",
        ("v2Checkpoint", "on"): "v2Checkpoint" in protocol.get("readerFeatures", []),
        ("deletionVectors", "on"): "deletionVectors" in protocol.get("readerFeatures", []),
        ("compacted logs", "on"): there("_delta_log/*.compacted.json"),
        ("append only", "set later"): metadata["configuration"].get("delta.appendOnly") == "true",
        ("check", "on"): "delta.constraints.small" in metadata["configuration"],
    }
    return ["%s: %s" % choice for choice in row.items() if not shows.get(choice, True)]


def main():
    suite = Suite("delta-rs", folder(), read)
    rows, pairs = combinations(FACTORS, EXCLUDED)
    for n, row in enumerate(rows):
        name = "pairs_%02d" % n
        story = Story(suite.location(name), row)
        versions = story.tell()
        more = {"factors": row, "missing": missing(story.location, row)}
        suite.done(name, versions=versions, more=more | ({"changes": story.feed()} if row["change feed"] == "on" else {}))
    with open(suite.location("covering.txt"), "w", encoding="utf-8") as f:
        f.write(pairs_text(FACTORS, rows, pairs))
    print("%d tables, %d pairs in %s" % (suite.tables, len(pairs), suite.folder))


if __name__ == "__main__":
    main()
