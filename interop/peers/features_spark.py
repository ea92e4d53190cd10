"""Writes tables with Delta Spark that have each feature on and off, and each pair of features that goes together; see feature_factors.py.

    features_spark.py DIR

Two sessions of one Spark make them. Each table lives through the same story, in which the features show: appends, deletes of rows and of a whole
file, an update, a merge, changes of columns and of types, an optimize, with checkpoints among them. Manifests are as in suite.py, and have also

    "factors":  {factor: level}
    "missing":  what should show of a factor and does not
    "marks":    {what was just done: version}
    "tracking": {"version", "rows"}: id, row_id, row_commit_version and file of each row, where rows are tracked
    "changes":  [{"from", "to", "rows" or "error"}]: what the change feed answers, with _change_type, _commit_version and _commit_timestamp
    "history":  [[version, milliseconds]], where commits have their time in them

DIR/covering.txt says which pairs there are, and how often.
"""

import glob
import itertools
import json
import os
import queue
import sys
import threading

sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), part) for part in ("..", "../oracle")]

import tables  # noqa: E402
from canonical import sorted_rows  # noqa: E402
from covering import combinations, pairs_text  # noqa: E402
from feature_factors import COLUMNS, EXCLUDED, FACTORS, SWITCHED_ON  # noqa: E402
from jobs import one_line  # noqa: E402
from pyspark.sql import types as T  # noqa: E402
from pyspark.sql.functions import expr  # noqa: E402
from read_spark import Reader  # noqa: E402
from spark_rows import columns_and_rows  # noqa: E402
from spark_session import session  # noqa: E402
from suite import Suite, folder  # noqa: E402
from values import literal  # noqa: E402

SESSIONS = 2
CONF = {
    "spark.master": "local[2]",
    "spark.sql.adaptive.enabled": "false",  # plans are small: what would make them faster costs more than it gains
    # Nearly all of the time goes into the analysis of wide plans, for minutes: other than in the short sessions of other parts, the second compiler
    # and a large young generation pay for themselves twice.
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseSerialGC -Xmn700m",
    # Appends may widen types as ALTER TABLE may.
    "spark.databricks.delta.typeWidening.allowAutomaticWidening": "always",
}
# Codecs of one write and the next, the form of timestamps, the form of lists and decimals.
FILES = {
    "INT96, snappy, zstd": ("snappy", "zstd", "INT96", "false"), "micros, legacy lists, gzip, lz4": ("gzip", "lz4", "TIMESTAMP_MICROS", "true"),
    "millis, uncompressed, lz4_raw": ("uncompressed", "lz4_raw", "TIMESTAMP_MILLIS", "false"),
}

# Columns of tables.all_types() by level.
TYPES = {
    "numbers": ["b", "i8", "i16", "i32", "i64", "f", "d", "dec1", "dec9", "dec18", "dec38", "frac"],
    "texts and times": ["bin", "day", "ts", "st"],
    "lists and maps": ["arr", "deep", "structs", "m", "ints", "mm"],
}
# Further columns by level: type, SQL of their values.
MORE = {
    "numbers": {"ws": ("STRUCT<q: SMALLINT, r: STRUCT<t: TINYINT>>", "named_struct('q', n, 'r', named_struct('t', -n))")},
    "texts and times": {},
    "lists and maps": {
        "wm": ("MAP<TINYINT, STRUCT<a: SMALLINT, l: ARRAY<FLOAT>>>", "map(n, named_struct('a', n, 'l', array(0.5F, NULL, 0.1F)))"),
        "wa": ("ARRAY<STRUCT<e: TINYINT>>", "array(named_struct('e', n), NULL)"),
    },
}
# Where types are widened: path, wider type, SQL of a value of the column that needs it, whether Iceberg allows it, too.
WIDENED = {
    "numbers": [
        ("i8", "BIGINT", "n * 900000000000L", True), ("i16", "DOUBLE", "n / 3D", False), ("i32", "BIGINT", "n - 9223372036854775807L", True),
        ("i64", "DECIMAL(22,2)", "CAST(n AS DECIMAL(20,0)) + 0.75", False), ("f", "DOUBLE", "0.1D * n", True), ("dec1", "DECIMAL(14,4)", "n + 0.1234", False),
        ("dec9", "DECIMAL(12,2)", "n + 1234567890.25", True), ("ws.q", "INT", "named_struct('q', 100000 + n, 'r', named_struct('t', -n))", True),
        ("ws.r.t", "DECIMAL(12,2)", None, False),
    ],
    "texts and times": [],
    "lists and maps": [
        ("wm.key", "INT", None, True), ("wm.value.a", "INT", None, True),
        ("wm.value.l.element", "DOUBLE", "map(100000 + n, named_struct('a', 100000 + n, 'l', array(0.1D)))", True),
        ("wa.element.e", "BIGINT", "array(named_struct('e', 5000000000 + n))", True),
    ],
}
# A column of which fields come, go and change their names.
NEST = ("STRUCT<x: INT, y: STRING, z: STRUCT<q: INT, l: STRUCT<u: INT>>>",
    "IF(n % 4 = 0, NULL, named_struct('x', n, 'y', 'y' || n, 'z', named_struct('q', n, 'l', named_struct('u', n))))")
VARIANTS = """CASE n % 7 WHEN 0 THEN NULL WHEN 1 THEN parse_json('{"a":' || n || ',"b":"x","c":{"d":[1,2,null]}}') WHEN 2 THEN parse_json('[' || n || ',"s",true]')
    WHEN 3 THEN parse_json('{"a":"text","z":1.25}') WHEN 4 THEN parse_json('null') WHEN 5 THEN parse_json('{"a":' || n || ',"b":"y"}') ELSE parse_json('"s"') END"""


# How the rows of an append are divided among its two files.
HALVES = {"source": ("n % 2 = 0", "n % 2 = 1"), "source_apart": ("n <= 9", "n > 9")}


def source(spark):
    """Views of the rows of tables.all_types() with a number n from 1. They are kept as rows: literals would be analysed again by each append."""
    columns, rows = tables.all_types()
    values = ", ".join("(" + ", ".join(literal(v, t) for v, (_, t) in zip(row, columns)) + ")" for row in rows)
    frame = spark.sql("SELECT id AS n, * EXCEPT (id) FROM VALUES %s AS t(%s)" % (values, ", ".join("`%s`" % n for n, _ in columns))).localCheckpoint()
    for view, parts in HALVES.items():
        one, other = (frame.where(part).coalesce(1) for part in parts)
        one.union(other).localCheckpoint().createOrReplaceTempView(view)


def retyped(type_, path, wider):
    """A type in which the one at a path is another: fields by name, and key, value, element."""
    if not path:
        return T._parse_datatype_string(wider)
    if isinstance(type_, T.ArrayType):
        return T.ArrayType(retyped(type_.elementType, path[1:], wider))
    if isinstance(type_, T.MapType):
        key, value = (retyped(t, path[1:], wider) if path[0] == part else t for part, t in (("key", type_.keyType), ("value", type_.valueType)))
        return T.MapType(key, value)
    return T.StructType([T.StructField(f.name, retyped(f.dataType, path[1:], wider) if f.name == path[0] else f.dataType) for f in type_])


class Story:
    """A table from its creation to its last version."""

    def __init__(self, spark, folder, name, row):
        self.spark, self.name, self.row = spark, name, row
        self.location, self.reader, self.marks, self.writes = os.path.join(folder, name), Reader(spark), {}, 0
        self.mapped = row["column mapping"] != "none"
        self.names, self.altered = {}, False  # new names of columns; whether columns and types have been changed

    def sql(self, text):
        return self.spark.sql(text.replace("{t}", "`%s`" % self.name))

    def columns(self):
        """{column: (type, or None if the column is one of COLUMNS, SQL of its values)}."""
        types, level = dict(tables.PRIMITIVES + tables.NESTED), self.row["types"]
        columns = {"id": ("BIGINT", "CAST(n AS BIGINT)"), "g": ("INT", "IF(n % 5 = 0, NULL, n % 3)"), "day2": ("DATE", "IF(n % 4 = 0, NULL, DATE '2024-02-28' + n % 3)")}
        columns |= {name: (types[name], name) for name in ["s"] + TYPES[level]} | MORE[level]
        columns |= {"nest": self.nest(), "old": ("STRING", "'old' || n"), "gone": ("INT", "n")}
        if self.altered and self.row["type widening"] == "on":
            columns |= {path.split(".")[0]: (None, sql) for path, _, sql in self.widened() if sql}
        on = lambda factor: self.row[factor] not in ("off", "none")
        if on("timestamp_ntz"):
            columns["ntz"] = (None, "ntz")
        if on("variant"):
            columns |= {"v": (None, VARIANTS), "vs": (None, "named_struct('v', %s, 'n', n)" % VARIANTS)}
        if on("void"):
            columns["half"] = (None, "named_struct('a', n, 'nothing', NULL)")
        if on("char and varchar"):
            columns |= {"c5": (None, "rpad(s, 5, ' ')"), "vc": (None, "substring(s, 1, 8)")}
        if on("defaults"):
            columns["kind"] = (None, "'kind' || n")
        return columns

    def nest(self):
        type_, sql = NEST
        if not self.altered:
            return type_, sql
        if self.mapped:
            return None, "named_struct('x y', n, 'z', (%s).z, 'more', n / 4D, 'y', DATE '2024-02-29' - n)" % sql
        return None, "named_struct('x', n, 'y', 'y' || n, 'z', (%s).z, 'more', n / 4D)" % sql

    def widened(self):
        """(path, type, SQL of values) of what the table may have."""
        steps = [("g", "BIGINT", "IF(n % 5 = 0, NULL, 5000000000 + n % 2)", True)] + WIDENED[self.row["types"]]
        if self.row["timestamp_ntz"] == "on":
            steps = steps + [("day2", "TIMESTAMP_NTZ", "IF(n % 4 = 0, NULL, TIMESTAMP_NTZ '2024-02-29 12:00:00.000001')", False)]
        return [(path, type_, sql) for path, type_, sql, iceberg in steps if iceberg or self.row["iceberg compat"] == "none"]

    def create(self):
        columns = ["`%s` %s" % (name, type_) for name, (type_, _) in self.columns().items() if type_]
        columns += [COLUMNS[choice] for choice in self.row.items() if choice in COLUMNS]
        properties = {"delta.minReaderVersion": "1", "delta.minWriterVersion": "2"}
        for factor, level in self.row.items():
            properties |= FACTORS[factor][level]
        if self.row["type widening"] == "on" and self.row["timestamp_ntz"] == "on":
            properties["delta.feature.timestampNtz"] = "supported"
        layout = {"flat": "", "partitioned": "PARTITIONED BY (g, day2)", "clustered": "CLUSTER BY (id, s)"}[self.row["layout"]]
        self.sql("CREATE TABLE {t} (%s) USING delta %s TBLPROPERTIES (%s) LOCATION '%s'"
            % (", ".join(columns), layout, ", ".join("'%s'='%s'" % p for p in properties.items()), self.location))

    def configure(self):
        """Settings of the session: what the next write does."""
        *codecs, timestamps, legacy = FILES[self.row["files"]]
        conf = {
            "spark.sql.parquet.compression.codec": codecs[self.writes % 2], "spark.sql.parquet.outputTimestampType": timestamps,
            "spark.sql.parquet.writeLegacyFormat": legacy,
            "spark.databricks.delta.checkpointV2.topLevelFileFormat": "json" if self.row["checkpoints"] == "v2, json" else "parquet",
        }
        for key, value in conf.items():
            self.spark.conf.set(key, value)
        if self.row["checkpoints"] == "classic":
            self.spark.conf.unset("spark.databricks.delta.checkpoint.partSize")
        else:
            # Files and tombstones of a part: the tables with the fewest, flat ones with deletion vectors, have some ten at their checkpoints.
            self.spark.conf.set("spark.databricks.delta.checkpoint.partSize", "4")
        self.writes += 1

    def append(self, first, where="true", apart=None, widen=False):
        """Rows of the source in two files, with the types that the columns have by now; those from n = 10 on are counted from apart, in a file for
        themselves. To widen lets the types of the rows be those of the table, as one commit."""
        self.configure()
        schema = self.reader.load(self.location).schema
        for path, wider, _ in self.widened() if widen else []:
            schema = retyped(schema, path.split("."), wider)
        types = {f.name: f.dataType for f in schema}
        rows = self.spark.table("source_apart" if apart else "source").where(where)
        values = {self.names.get(name, name): sql for name, (_, sql) in self.columns().items()}
        values["id"] = "%d + n" % first if apart is None else "IF(n > 9, %d, %d) + n" % (apart, first)
        frame = rows.select(*(expr(sql).cast(types[name]).alias(name) for name, sql in values.items()))
        frame.write.format("delta").mode("append").option("mergeSchema", widen).save(self.location)

    def change(self, *statements):
        for statement in statements:
            self.configure()
            self.sql(statement)

    def mark(self, name):
        self.marks[name] = int(max(glob.glob(os.path.join(glob.escape(self.location), "_delta_log", "*.json")), key=os.path.basename).split("/")[-1][:20])

    def tell(self):
        self.configure()
        self.create()
        self.append(0)
        self.append(100, "n < 8")
        self.change("DELETE FROM {t} WHERE id IN (2, 103)", "DELETE FROM {t} WHERE id IN (3, 4, 104)")
        self.mark("deleted")
        if self.enable():
            self.append(200, "n < 6")
        self.mark("enabled")
        self.alter()
        self.append(300, widen=self.row["type widening"] == "on")
        self.mark("altered")
        if self.row["changed by"] == "update":
            self.change("UPDATE {t} SET s = 'updated', id = id + 50 WHERE id IN (5, 105, 203, 303)")
        else:
            self.change("""MERGE INTO {t} t USING (SELECT CAST(n + 300 AS BIGINT) AS key, n FROM source WHERE n IN (1, 2, 50)) s ON t.id = s.key
                WHEN MATCHED AND s.n = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET s = 'merged' WHEN NOT MATCHED THEN INSERT (id, s, g) VALUES (s.key, 'inserted', s.n)""")
        self.mark("changed")
        self.change("OPTIMIZE {t}" + (" WHERE g = 1" if self.row["layout"] == "partitioned" else ""))
        self.append(400, apart=900)
        self.change("DELETE FROM {t} WHERE id > 900 OR id IN (404, 405, 6)")
        if self.row["append only"] != "off":
            self.change("ALTER TABLE {t} SET TBLPROPERTIES ('delta.appendOnly'='true')")
            self.append(500, "n < 3")
        self.mark("last")

    def enable(self):
        """What is switched on in a table that has rows; whether anything is."""
        later = {
            "column mapping": "'delta.columnMapping.mode'='name'", "row tracking": "'delta.enableRowTracking'='true'",
            "in-commit timestamps": "'delta.enableInCommitTimestamps'='true'",
        }
        settings = [setting for factor, setting in later.items() if self.row[factor] == "enabled later"]
        if settings:
            self.change("ALTER TABLE {t} SET TBLPROPERTIES (%s)" % ", ".join(settings))
        return bool(settings)

    def alter(self):
        self.change("ALTER TABLE {t} ADD COLUMNS (late TIMESTAMP AFTER id, nest.more DOUBLE)")
        self.altered = True
        if self.mapped:
            self.change("ALTER TABLE {t} RENAME COLUMN old TO `new, old (ü)`", "ALTER TABLE {t} RENAME COLUMN nest.x TO `x y`",
                "ALTER TABLE {t} DROP COLUMNS (gone, nest.y)",
                "ALTER TABLE {t} ADD COLUMNS (gone STRING, nest.y DATE, old INT)")
            self.names["old"] = "new, old (ü)"
        if self.row["type widening"] == "on":
            self.change("ALTER TABLE {t} ALTER COLUMN g TYPE BIGINT")

    def manifest(self):
        """What a manifest has beside rows."""
        more = {"factors": self.row, "marks": self.marks, "missing": missing(self.location, self.row)}
        if self.row["row tracking"] != "off":
            more["tracking"] = self.tracking()
        if self.row["change feed"] == "on":
            # Without column mapping Spark answers with the newest schema, with it no range over a column's new name.
            ends = (self.marks["enabled"], self.marks["last"]) if self.mapped else (self.marks["last"],)
            more["changes"] = [self.feed(first, last) for first, last in zip((1, self.marks["altered"] + 1), ends)]
        if self.row["in-commit timestamps"] != "off":
            properties = dict(tuple(p) for p in self.sql("SHOW TBLPROPERTIES {t}").collect())
            first = int(properties.get("delta.inCommitTimestampEnablementVersion", 0))
            history = self.sql("DESCRIBE HISTORY {t}").where("version >= %d" % first).selectExpr("version", "unix_millis(timestamp)").collect()
            more["history"] = sorted(list(h) for h in history)
        return more

    def tracking(self):
        frame = self.reader.load(self.location).selectExpr("id", "_metadata.row_id", "_metadata.row_commit_version",
            "substring_index(_metadata.file_path, '/%s/', -1) AS file" % self.name)
        columns, rows = columns_and_rows(frame)
        return {"version": self.marks["last"], "rows": sorted_rows(columns, rows)}

    def feed(self, first, last):
        span = {"from": first, "to": last}
        try:
            frame = self.spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", first).option("endingVersion", last).load(self.location)
            columns, rows = columns_and_rows(frame)
            return span | {"types": columns, "rows": sorted_rows(columns, rows)}
        except Exception as error:
            return span | {"error": one_line(error)}


def missing(location, row):
    """What should show of the levels of a row, and does not: a table that only claims a feature proves nothing."""
    log = os.path.join(glob.escape(location), "_delta_log")
    there = lambda pattern: bool(glob.glob(os.path.join(log, pattern)))
    actions = []
    for path in sorted(glob.glob(os.path.join(log, "*.json"))):
        if len(os.path.basename(path)) == 25:
            with open(path, encoding="utf-8") as f:
                actions += [json.loads(line) for line in f]
    adds = [a["add"] for a in actions if "add" in a]
    metadata = [a["metaData"] for a in actions if "metaData" in a][-1]
    protocol = [a["protocol"] for a in actions if "protocol" in a][-1]
    features, properties = protocol.get("writerFeatures", []), metadata["configuration"]
    shredding = any(f.startswith("variantShredding") for f in features)
    shows = {
        ("column mapping", "none"): properties.get("delta.columnMapping.mode", "none") == "none",
        ("column mapping", "by id"): properties.get("delta.columnMapping.mode") == "id",
        ("column mapping", "by name"): properties.get("delta.columnMapping.mode") == "name",
        ("column mapping", "enabled later"): properties.get("delta.columnMapping.mode") == "name",
        ("deletion vectors", "on"): any(a.get("deletionVector") for a in adds),
        ("deletion vectors", "off"): not any(a.get("deletionVector") for a in adds),
        ("type widening", "on"): metadata["schemaString"].count("delta.typeChanges") > 0,
        ("type widening", "off"): "delta.typeChanges" not in metadata["schemaString"],
        ("row tracking", "on"): all("baseRowId" in a for a in adds),
        ("row tracking", "enabled later"): any("baseRowId" in a for a in adds) and not all("baseRowId" in a for a in adds),
        ("in-commit timestamps", "on"): "inCommitTimestamp" in features,
        ("in-commit timestamps", "enabled later"): "delta.inCommitTimestampEnablementVersion" in properties,
        ("checkpoints", "classic"): there("*.checkpoint.parquet"),
        ("checkpoints", "multi-part"): there("*.checkpoint.0000000001.000000000?.parquet") and not there("_sidecars/*"),
        ("checkpoints", "v2, json"): there("*.checkpoint.*.json") and there("_sidecars/*"),
        ("checkpoints", "v2, parquet"): there("*.checkpoint.*-*.parquet") and there("_sidecars/*"),
        ("change feed", "on"): any("cdc" in a for a in actions) or any(a.get("deletionVector") for a in adds),
        ("layout", "partitioned"): metadata["partitionColumns"] == ["g", "day2"],
        ("layout", "clustered"): "clustering" in features,
        ("variant", "plain"): "variantType" in features and not shredding,
        ("variant", "shredded"): shredding,
        ("iceberg compat", "V1"): "icebergCompatV1" in features,
        ("iceberg compat", "V2"): "icebergCompatV2" in features,
        ("iceberg compat", "V3"): "icebergCompatV3" in features,
        ("timestamp_ntz", "on"): "timestamp_ntz" in metadata["schemaString"],
        ("void", "on"): '"void"' in metadata["schemaString"],
        ("char and varchar", "on"): "varchar(8)" in metadata["schemaString"],
        ("generated", "on"): "delta.generationExpression" in metadata["schemaString"],
        ("identity", "on"): "delta.identity.highWaterMark" in metadata["schemaString"],
        ("defaults", "on"): "CURRENT_DEFAULT" in metadata["schemaString"],
        ("check", "on"): "delta.constraints.small" in properties,
        ("append only", "set later"): properties.get("delta.appendOnly") == "true",
        ("vacuum check", "on"): "vacuumProtocolCheck" in features,
        ("checkpoint protection", "on"): "checkpointProtection" in features,
        ("partition columns in files", "on"): "materializePartitionColumns" in features,
        ("random prefixes", "on"): properties.get("delta.randomizeFilePrefixes") == "true",
    }
    return ["%s: %s" % choice for choice in row.items() if not shows.get(choice, True)]


def legacy(suite, spark):
    """Tables from before features had names. Version 3 of writers is in 4, and 5 in 6: to a reader they are the same."""
    for reader, writer in ((1, 1), (1, 2), (1, 4), (2, 6)):
        name = "legacy_%d_%d" % (reader, writer)
        table, sql = "delta.`%s`" % suite.location(name), lambda text: spark.sql(text.replace("{t}", table))
        properties = {"delta.minReaderVersion": reader, "delta.minWriterVersion": writer, "delta.checkpointInterval": 2}
        if writer == 4:
            properties["delta.enableChangeDataFeed"] = "true"
        if writer >= 5:
            properties["delta.columnMapping.mode"] = "name"
        sql("CREATE TABLE {t} (id BIGINT, g INT, s STRING) USING delta PARTITIONED BY (g) TBLPROPERTIES (%s)" % ", ".join("'%s'='%s'" % p for p in properties.items()))
        sql("INSERT INTO {t} SELECT id, CAST(id % 3 AS INT), 's' || id FROM range(10)")
        sql("DELETE FROM {t} WHERE id = 4")
        if writer == 4:
            sql("ALTER TABLE {t} ADD CONSTRAINT small CHECK (id < 1000)")
        if writer >= 5:
            sql("ALTER TABLE {t} RENAME COLUMN s TO `s t`")
        sql("INSERT INTO {t} SELECT id, CAST(id % 3 AS INT), 't' || id FROM range(20, 25)")
        suite.done(name, versions=[1])


def clone(suite, spark):
    """A shallow clone: its log names files of another table, which is in the manifest as "external"."""
    location = suite.location("clone")
    spark.sql("CREATE TABLE delta.`%s` SHALLOW CLONE delta.`%s`" % (location, suite.location("legacy_1_2")))
    spark.sql("INSERT INTO delta.`%s` VALUES (100, 1, 'of the clone')" % location)
    suite.done("clone", versions=[0], more={"external": "legacy_1_2"})


def not_refused(spark, folder):
    """Pairs of EXCLUDED that Spark does not refuse as is said there."""
    lines, numbers = [], itertools.count()
    for factor, levels, other, others, words in EXCLUDED:
        for level, other_level in itertools.product(levels, others):
            name = "refused_%d" % next(numbers)
            choices = [(factor, level), (other, other_level)]
            properties = {key: value for f, l in choices for key, value in FACTORS[f][l].items()}
            columns = ["id BIGINT"] + [COLUMNS[c] for c in choices if c in COLUMNS] + (["m MAP<INT, INT>"] if other == "types" else [])
            error = ""
            try:
                spark.sql("CREATE TABLE %s (%s) USING delta TBLPROPERTIES (%s) LOCATION '%s'" % (name, ", ".join(columns),
                    ", ".join("'%s'='%s'" % p for p in properties.items()), os.path.join(folder, name)))
                if words:
                    rows = spark.sql("SELECT 1L AS id, parse_json('{}') AS v, named_struct('v', parse_json('[]'), 'n', 1) AS vs")
                    rows.select(*spark.table(name).columns).write.format("delta").mode("append").saveAsTable(name)
            except Exception as caught:
                error = str(caught)
            on = not words and spark.sql("SHOW TBLPROPERTIES %s" % name).where("key = '%s' AND value NOT IN ('none', 'false')" % SWITCHED_ON[other]).count()
            if not (words and words in error or on):
                lines.append("%s %s with %s %s: expected %s: %s" % (factor, level, other, other_level, words or "to be switched on", error[:300]))
    return lines


class Worker(threading.Thread):
    """Takes tables from a queue and makes them in a session of its own."""

    def __init__(self, spark, folder, jobs):
        super().__init__()
        self.spark, self.jobs, self.errors = spark.newSession(), jobs, 0
        self.suite = Suite("spark", folder, Reader(self.spark))

    def run(self):
        source(self.spark)
        while True:
            try:
                name, row = self.jobs.get_nowait()
            except queue.Empty:
                return
            try:
                story = Story(self.spark, self.suite.folder, name, row)
                story.tell()
                self.suite.done(name, versions=[story.marks["deleted"], story.marks["changed"]], more=story.manifest())
            except Exception as error:
                self.errors += 1
                print("%s: %s: %s" % (name, " ".join(str(error).split("\n")[:1] + [l for l in str(error).split("\n") if "Caused by" in l])[:1000], row), file=sys.stderr, flush=True)


def main():
    where, spark = folder(), session(**CONF)
    rows, possible = combinations({f: list(levels) for f, levels in FACTORS.items()}, EXCLUDED, seed=9)
    jobs = queue.Queue()
    for n, row in enumerate(rows):
        jobs.put(("pairs_%02d" % n, row))
    workers = [Worker(spark, where, jobs) for _ in range(SESSIONS)]
    for worker in workers:
        worker.start()
    suite = Suite("spark", where, Reader(spark))
    legacy(suite, spark)
    clone(suite, spark)
    surprises = not_refused(spark, os.path.join(where, "refused"))
    for line in surprises:
        print(line, file=sys.stderr)
    for worker in workers:
        worker.join()
    with open(os.path.join(where, "covering.txt"), "w", encoding="utf-8") as f:
        f.write(pairs_text(FACTORS, rows, possible))
    errors = sum(worker.errors for worker in workers)
    print("%d tables have all of %d pairs; %d tables beside" % (len(rows) - errors, len(possible), suite.tables))
    raise SystemExit(1 if errors or surprises else 0)


if __name__ == "__main__":
    main()
