"""Writes tables with Delta Spark, and what it reads in them: see suite.py. One session writes them all."""

import os
import sys

sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), part) for part in ("..", "../oracle")]

import tables  # noqa: E402
from delta.tables import DeltaTable, IdentityGenerator  # noqa: E402
from read_spark import Reader  # noqa: E402
from spark_session import session  # noqa: E402
from suite import Suite, folder  # noqa: E402
from values import literal  # noqa: E402

FLAT = [("id", "bigint"), ("g", "int"), ("v", "string")]


class Writer(Suite):
    def __init__(self, folder, spark):
        super().__init__("spark", folder, Reader(spark))
        self.spark = spark

    def sql(self, text, name):
        """Runs SQL in which {t} is the table."""
        return self.spark.sql(text.replace("{t}", "delta.`%s`" % self.location(name)))

    def frame(self, columns, rows):
        values = ", ".join("(" + ", ".join(literal(v, t) for v, (_, t) in zip(row, columns)) + ")" for row in rows)
        return self.spark.sql("SELECT * FROM VALUES %s AS t(%s)" % (values, ", ".join("`%s`" % n for n, _ in columns))).coalesce(1)

    def write(self, name, columns, rows, mode="append", by=(), **options):
        self.frame(columns, rows).write.format("delta").mode(mode).partitionBy(*by).options(**options).save(self.location(name))


def all_types(suite):
    """The three forms in which Spark stores a timestamp, and the lists and decimals of old Spark."""
    for stored, legacy in (("INT96", "false"), ("TIMESTAMP_MICROS", "false"), ("TIMESTAMP_MILLIS", "false"), ("INT96", "true")):
        name = "all_types_" + ("legacy" if legacy == "true" else stored.lower().replace("timestamp_", ""))
        suite.spark.conf.set("spark.sql.parquet.outputTimestampType", stored)
        suite.spark.conf.set("spark.sql.parquet.writeLegacyFormat", legacy)
        rows = tables.all_types()
        suite.write(name, *rows)
        # Microseconds are what delta-rs writes, too: its tables have the filters.
        suite.done(name, None if "MILLIS" in stored else rows, () if "MICROS" in stored else tables.FILTERS["all_types"], columns=["ts", "id", "mm"])
    suite.spark.conf.unset("spark.sql.parquet.outputTimestampType")
    suite.spark.conf.unset("spark.sql.parquet.writeLegacyFormat")
    suite.spark.sql("SET spark.sql.parquet.compression.codec=gzip")
    rows = tables.all_types(ntz=False)
    suite.write("all_types_gzip", *rows)
    suite.spark.sql("RESET spark.sql.parquet.compression.codec")
    suite.done("all_types_gzip", rows, columns=["frac", "id"])


def far_years(suite):
    """Dates and times that only Spark's types can hold."""
    columns = [("id", "int"), ("day", "date"), ("ts", "timestamp"), ("ntz", "timestamp_ntz")]
    rows = [[1, "-0044-03-15", -62198755200000001, tables.MIN64 // 2], [2, "+10000-01-01", 253402300800000000, tables.MAX64 // 2], [3, "0000-01-01",
        -62167219200000000, None], [4, "+99999-12-31", 0, 0]]
    suite.spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    suite.write("far_years", columns, rows)
    suite.spark.conf.unset("spark.sql.parquet.outputTimestampType")
    suite.done("far_years", None, ["day > DATE '2024-01-01'", "ts < TIMESTAMP '2000-01-01 00:00:00'", "id = 2"])


def partitioned(suite):
    columns, rows = tables.awkward()
    suite.write("awkward", columns, rows, by=["p"])
    suite.done("awkward", None, tables.FILTERS["awkward"] + ["p = ''", "p LIKE '%\\\\%'"], columns=["p"])
    columns, rows = tables.typed()
    suite.write("typed", columns, rows, by=tables.TYPED_PARTITIONS)
    suite.done("typed", (columns, rows), tables.FILTERS["typed"] + ["pd = DATE '2024-02-29'", "pt >= TIMESTAMP '2024-02-29 00:00:00'", "pn < 0",
        "px = 1.5", "px > 1e-8"], columns=["v", "pt"])
    columns = [("id", "int"), ("pz", "timestamp_ntz"), ("py", "tinyint"), ("ps", "smallint"), ("pf", "float")]
    rows = [[1, 1710037800500000, -128, 32767, "0.1"], [2, None, None, None, None], [3, 0, 1, 1, "NaN"], [4, -1, 0, 0, "-Infinity"]]
    suite.write("typed_more", columns, rows, by=["pz", "py", "ps", "pf"])
    suite.done("typed_more", (columns, rows), ["py = 1", "ps IS NULL", "pz < TIMESTAMP_NTZ '2000-01-01 00:00:00'"])


def commits(suite):
    """Appends, deletes, updates, merges, overwrites, an optimize; checkpoints every ten, by copy-on-write."""
    rows = lambda ids, v="v": [[i, i % 3, None if i % 5 == 0 else "%s%d" % (v, i)] for i in ids]
    name = "commits"
    suite.write(name, FLAT, rows(range(3)), by=["g"])
    for n in range(1, 36):
        if n == 8:
            suite.sql("DELETE FROM {t} WHERE id = 7 OR id = 2", name)
        elif n == 14:
            suite.sql("UPDATE {t} SET v = 'changed' WHERE g = 1 AND id > 10", name)
        elif n == 18:
            suite.frame(FLAT, rows([20, 21, 1000], "merged")).createOrReplaceTempView("source")
            suite.sql("MERGE INTO {t} t USING source s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *", name)
        elif n == 22:
            suite.write(name, FLAT, rows([2, 5, 8, 11], "replaced"), "overwrite", replaceWhere="g = 2")
        elif n == 26:
            suite.sql("OPTIMIZE {t}", name)
        elif n == 30:
            suite.write(name, FLAT, rows(range(50, 60)), "overwrite")
        else:
            suite.write(name, FLAT, rows(range(3 * n, 3 * n + 3)), txnAppId="loader", txnVersion=n, userMetadata="n=%d" % n)
    suite.done(name, None, tables.FILTERS["commits"], versions=[0, 7, 8, 10, 14, 18, 22, 26, 30])


def checkpoints(suite):
    """Statistics in a checkpoint as a struct only, as JSON only, or not at all; one in several parts; one with nothing after it."""
    rows = [[i, i % 2, None if i == 3 else "v%d" % i] for i in range(8)]
    for name, properties, parts in (
        ("stats_struct", "'delta.checkpoint.writeStatsAsJson'='false', 'delta.checkpoint.writeStatsAsStruct'='true'", None),
        ("stats_json", "'delta.checkpoint.writeStatsAsJson'='true', 'delta.checkpoint.writeStatsAsStruct'='false'", None),
        ("stats_none",
            "'delta.checkpoint.writeStatsAsJson'='false', 'delta.checkpoint.writeStatsAsStruct'='false', 'delta.dataSkippingNumIndexedCols'='0'",
            None),
        ("multi_part", "'delta.checkpoint.writeStatsAsStruct'='true'", "2"),
    ):
        if parts:
            suite.spark.conf.set("spark.databricks.delta.checkpoint.partSize", parts)
        suite.sql("CREATE TABLE {t} (id BIGINT, g INT, v STRING) USING delta PARTITIONED BY (g) TBLPROPERTIES ('delta.checkpointInterval'='3', %s)" % properties,
            name)
        for n in range(4):
            suite.write(name, FLAT, rows[2 * n : 2 * n + 2])
        suite.sql("DELETE FROM {t} WHERE id = 5", name)
        suite.write(name, FLAT, [[100, 0, "last"]])
        suite.spark.conf.unset("spark.databricks.delta.checkpoint.partSize")
        suite.done(name, None, ["id = 3", "v IS NULL", "g = 1 AND id > 2", "v = 'last'"], versions=[0, 3, 4, 5])
    name = "stats_types"  # every type of statistic comes from a struct in a checkpoint
    columns, values = tables.all_types()
    suite.write(name, columns, values[:6])
    suite.sql("ALTER TABLE {t} SET TBLPROPERTIES ('delta.checkpoint.writeStatsAsJson'='false', 'delta.checkpoint.writeStatsAsStruct'='true', 'delta.checkpointInterval'='2')",
        name)
    suite.write(name, columns, values[6:])
    suite.done(name, (columns, values), tables.FILTERS["all_types"] + ["dec38 > 1", "day < DATE '1600-01-01'",
        "ts >= TIMESTAMP '2024-03-11 02:32:03.999'", "d > 1e300", "f = 0"])


def tabled(suite):
    """Properties, comments, constraints, NOT NULL, added columns, a table of no rows."""
    name = "properties"
    suite.sql("CREATE TABLE {t} (id INT NOT NULL COMMENT 'the \"key\"', s STRUCT<x: INT NOT NULL, y: STRING>, v DECIMAL(9,2)) USING delta COMMENT 'a ''table''' "
              "TBLPROPERTIES ('delta.appendOnly'='true', 'delta.logRetentionDuration'='interval 60 days', 'team'='me', 'delta.randomizeFilePrefixes'='true')",
                  name)
    suite.sql("INSERT INTO {t} VALUES (1, named_struct('x', 1, 'y', 'a'), 1.5), (2, named_struct('x', 2, 'y', NULL), NULL)", name)
    suite.sql("ALTER TABLE {t} ADD CONSTRAINT positive CHECK (id > 0 AND (v IS NULL OR v < 1000))", name)
    suite.sql("ALTER TABLE {t} ADD COLUMNS (late DATE FIRST, s.z DOUBLE)", name)
    suite.sql("INSERT INTO {t} VALUES (DATE '2024-02-29', 3, named_struct('x', 3, 'y', 'c', 'z', 0.5D), 2)", name)
    suite.done(name, None, ["late IS NULL", "s.x > 1", "s.z = 0.5", "v = 1.50"], versions=[1, 2], columns=["id", "late"])
    suite.sql("CREATE TABLE {t} (id BIGINT, s STRING) USING delta PARTITIONED BY (s)", "empty")
    suite.done("empty", None, ["id = 1"])


# A table for each feature that not every engine has: columns, properties, what comes after the first rows, and a filter.
FEATURES = {
    "deletion_vectors": ("id BIGINT, v STRING", "'delta.enableDeletionVectors'='true'", ["DELETE FROM {t} WHERE id = 2"], "id > 1"),
    "mapped_by_name": ("id BIGINT, v STRING", "'delta.columnMapping.mode'='name'", ["ALTER TABLE {t} RENAME COLUMN v TO `a w`"], "`a w` = 'b'"),
    "mapped_by_id": ("id BIGINT, v STRING", "'delta.columnMapping.mode'='id'", [], "v = 'b'"),
    "v2_checkpoint": ("id BIGINT, v STRING", "'delta.checkpointPolicy'='v2', 'delta.checkpointInterval'='2'", ["INSERT INTO {t} VALUES (4, 'd')"],
        "id > 3"),
    "row_tracking": ("id BIGINT, v STRING", "'delta.enableRowTracking'='true'", [], "id = 2"),
    "type_widening": ("id INT, v STRING", "'delta.enableTypeWidening'='true'", ["ALTER TABLE {t} ALTER COLUMN id TYPE BIGINT",
        "INSERT INTO {t} VALUES (9223372036854775807, 'max')"], "id > 2"),
    "iceberg_compat": ("id BIGINT, v STRING", "'delta.columnMapping.mode'='name', 'delta.enableIcebergCompatV2'='true'", [], "id = 2"),
    "in_commit_timestamps": ("id BIGINT, v STRING", "'delta.enableInCommitTimestamps'='true'", ["DELETE FROM {t} WHERE id = 2"], "id > 1"),
    "change_feed": ("id BIGINT, v STRING", "'delta.enableChangeDataFeed'='true'", ["UPDATE {t} SET v = 'new' WHERE id = 2"], "v = 'new'"),
    "defaults": ("id BIGINT, v STRING DEFAULT 'none'", "'delta.feature.allowColumnDefaults'='supported'", ["INSERT INTO {t} (id) VALUES (4)"], "v = 'none'"),
}


def features(suite):
    for name, (columns, properties, then, where) in FEATURES.items():
        suite.sql("CREATE TABLE {t} (%s) USING delta TBLPROPERTIES (%s)" % (columns, properties), name)
        for text in ["INSERT INTO {t} VALUES (1, 'a'), (2, 'b'), (3, NULL)"] + then:
            suite.sql(text, name)
        suite.done(name, None, [where])
    for name, columns, rest, values in (
        ("variant", "id BIGINT, v VARIANT", "", """SELECT 1L, parse_json('{"a":[1,null]}') UNION ALL SELECT 2L, NULL"""),
        ("clustered", "id BIGINT, v STRING", "CLUSTER BY (id)", "VALUES (1L, 'a'), (2L, NULL)"),
    ):
        suite.sql("CREATE TABLE {t} (%s) USING delta %s" % (columns, rest), name)
        suite.sql("INSERT INTO {t} " + values, name)
        suite.done(name, None, ["id = 2"])
    builder = lambda name: DeltaTable.create(suite.spark).location(suite.location(name)).addColumn("id", "BIGINT")
    # SQL makes neither kind of column in a table that is only a path.
    builder("generated").addColumn("twice", "BIGINT", generatedAlwaysAs="id * 2").execute()
    builder("identity").addColumn("key", "BIGINT", generatedByDefaultAs=IdentityGenerator(10, 5)).execute()
    for name in ("generated", "identity"):
        suite.sql("INSERT INTO {t} (id) VALUES (1), (2)", name)
        suite.done(name, None, ["id = 2"])


if __name__ == "__main__":
    suite = Writer(folder(), session())
    for write in (all_types, far_years, partitioned, commits, checkpoints, tabled, features):
        write(suite)
    print("%d tables in %s" % (suite.tables, suite.folder))
