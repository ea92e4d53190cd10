"""Writes tables whose data files have shapes that the other writers never make, and what their engine reads in them: see suite.py.

Spark writes shredded variants, files of version 2 and the calendar of old; pyarrow writes files alone, and the log is put beside them by hand.
"""

import json
import os
import sys

sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), part) for part in ("..", "../oracle")]

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import tables  # noqa: E402
from arrow_rows import arrow_table, columns_and_rows  # noqa: E402
from canonical import nested, sorted_rows  # noqa: E402
from read_spark import Reader  # noqa: E402
from spark_session import session  # noqa: E402
from suite import Suite, folder  # noqa: E402
from write_spark import Writer  # noqa: E402

# One variant a row: what a column holds that was shredded for most of them, and what it cannot hold.
VARIANTS = ["""{"a":%d,"b":"text %d","c":[%d,%d],"d":{"x":%d.5,"y":null}}""" % (i, i, i, i + 1, i) for i in range(40)] + [
    """{"a":"no number","b":7,"c":{},"d":[]}""", """{"b":"only"}""", """{}""", """null""", """7""", """"text \\u00e9 \\" \\\\ \\n" """, """[1,"a",null,[],{}]""", """{"a":1,"z":true}""",
    """{"a":null,"c":[null,"x",1.25]}""", """{"c":[],"d":{"x":1e300,"deep":{"er":[{"e":1}]}}}""", """12345678901234567890123456789012345678""", """-0.000001""", """true""",
]


def variants(suite, name, texts=VARIANTS, **conf):
    for key, value in conf.items():
        suite.spark.conf.set(key, value)
    suite.sql("CREATE TABLE {t} (id INT, v VARIANT, s STRUCT<v: VARIANT>, l ARRAY<VARIANT>, m MAP<STRING, VARIANT>) USING delta TBLPROPERTIES "
        "('delta.enableVariantShredding' = '%s')" % ("true" if conf else "false"), name)
    rows = suite.spark.createDataFrame(list(enumerate(texts)) + [(100, None)], "id INT, t STRING").coalesce(1)
    rows.selectExpr("id", "parse_json(t) AS v", "IF(id % 5 = 0, NULL, named_struct('v', parse_json(t))) AS s", "IF(id % 7 = 0, NULL, array(parse_json(t), NULL)) AS l",
        "IF(id % 3 = 0, NULL, map('k', parse_json(t))) AS m").write.format("delta").mode("append").save(suite.location(name))
    for key in conf:
        suite.spark.conf.unset(key)
    suite.done(name, None, ["v IS NULL", "id > 45 AND v IS NOT NULL"])


def variants_as_told(suite):
    """One column alone: Spark fails with this setting where there are others."""
    conf = {"spark.sql.variant.writeShredding.enabled": "true", "spark.sql.variant.inferShreddingSchema": "false",
        "spark.sql.variant.forceShreddingSchemaForTest": "a BIGINT, b STRING, c ARRAY<STRING>, d STRUCT<x: DECIMAL(18, 1), y: STRING>"}
    for key, value in conf.items():
        suite.spark.conf.set(key, value)
    suite.sql("CREATE TABLE {t} (v VARIANT) USING delta TBLPROPERTIES ('delta.enableVariantShredding' = 'true')", "variants_as_told")
    suite.spark.createDataFrame([(t,) for t in VARIANTS] + [(None,)], "t STRING").coalesce(1).selectExpr("parse_json(t) AS v").write.format("delta").mode(
        "append").save(suite.location("variants_as_told"))
    for key in conf:
        suite.spark.conf.unset(key)
    suite.done("variants_as_told", None, ["v IS NULL"])


def variant_scalars(suite):
    """Values of every type that Spark's variants have."""
    suite.sql("CREATE TABLE {t} (id INT, v VARIANT) USING delta", "variant_scalars")
    for i, sql in enumerate(("true", "7Y", "-300S", "70000", "9223372036854775807L", "1.5F", "1.5D", "1.25BD", "CAST(1.0123456789 AS DECIMAL(38,10))", "DATE'1969-12-31'",
            "'short'", "repeat('long', 30)", "array(1, NULL)", "map('k', 1)", "named_struct('b', 1, 'a', 'x')")):
        suite.sql("INSERT INTO {t} SELECT %d, to_variant_object(%s)" % (i, sql) if "(" in sql and "CAST" not in sql and "repeat" not in sql else
            "INSERT INTO {t} SELECT %d, CAST(%s AS VARIANT)" % (i, sql), "variant_scalars")
    suite.done("variant_scalars")


def spark_files(suite):
    """Every type in files of version 2, in which Spark has the delta encodings, with each codec."""
    hadoop = suite.spark.sparkContext._jsc.hadoopConfiguration()
    hadoop.set("parquet.writer.version", "PARQUET_2_0")
    for codec in ("zstd", "gzip", "lz4_raw", "none"):
        suite.spark.conf.set("spark.sql.parquet.compression.codec", codec)
        name = "version_2_" + codec
        rows = tables.all_types()
        suite.write(name, *rows)
        suite.done(name, rows, columns=["ts", "id"])
    hadoop.unset("parquet.writer.version")
    for codec in ("lz4", "lz4_raw"):
        suite.spark.conf.set("spark.sql.parquet.compression.codec", codec)
        suite.write("version_1_" + codec, *tables.all_types())
        suite.done("version_1_" + codec)
    suite.spark.conf.unset("spark.sql.parquet.compression.codec")


def old_calendar(suite):
    """Dates and times that Spark stores in the hybrid calendar when it is told to."""
    keys = ("spark.sql.parquet.datetimeRebaseModeInWrite", "spark.sql.parquet.int96RebaseModeInWrite")
    for stored in ("INT96", "TIMESTAMP_MICROS"):
        for key in keys:
            suite.spark.conf.set(key, "LEGACY")
        suite.spark.conf.set("spark.sql.parquet.outputTimestampType", stored)
        name = "old_calendar_" + stored.lower()
        suite.sql("CREATE TABLE {t} (id INT, d DATE, ts TIMESTAMP) USING delta", name)
        suite.sql("""INSERT INTO {t} VALUES (1, DATE'1422-06-03', TIMESTAMP'1422-06-03 01:02:03.456789'), (2, DATE'1582-10-04', TIMESTAMP'1582-10-04 23:59:59.999999'),
            (3, DATE'1582-10-15', TIMESTAMP'1582-10-15 00:00:00'), (4, DATE'0001-01-01', TIMESTAMP'0001-01-01 00:00:00'), (5, DATE'2024-02-29', TIMESTAMP'9999-12-31 23:59:59.999999')""", name)
        for key in keys + ("spark.sql.parquet.outputTimestampType",):
            suite.spark.conf.unset(key)
        suite.done(name, None, ["d = DATE'1422-06-03'", "ts < TIMESTAMP'1582-10-15 00:00:00'"])


DELTA = {"tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long"}


def delta_type(name):
    """A type of canonical.py as the log spells it."""
    kind, inner = nested(name)
    if kind == "struct":
        return {"type": "struct", "fields": [field(n, t) for n, t in inner]}
    if kind == "array":
        return {"type": "array", "elementType": delta_type(inner), "containsNull": True}
    if kind == "map":
        return {"type": "map", "keyType": delta_type(inner[0]), "valueType": delta_type(inner[1]), "valueContainsNull": True}
    return DELTA.get(name, name)


def field(name, type_):
    return {"name": name, "type": delta_type(type_), "nullable": True, "metadata": {}}


class Files(Suite):
    """Tables of one file each, which pyarrow writes and reads."""

    def __init__(self, folder):
        super().__init__("pyarrow", folder, None)

    def put(self, name, table, columns, rows, **options):
        """The table has these columns of the types of canonical.py; options are those of pyarrow's writer."""
        os.makedirs(os.path.join(self.location(name), "_delta_log"))
        path = os.path.join(self.location(name), "part-0.parquet")
        pq.write_table(table, path, **options)
        lines = [
            {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz"]}},
            {"metaData": {"id": name, "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps({"type": "struct", "fields": [field(n, t) for n, t in columns]}),
                "partitionColumns": [], "configuration": {}}},
            {"add": {"path": "part-0.parquet", "partitionValues": {}, "size": os.path.getsize(path), "modificationTime": 0, "dataChange": True}},
        ]
        with open(os.path.join(self.location(name), "_delta_log", "%020d.json" % 0), "w", encoding="utf-8") as log:
            log.write("".join(json.dumps(line) + "\n" for line in lines))
        check = {"version": None, "where": None, "columns": None, "rows": sorted_rows(columns, rows)}
        with open(self.location(name) + ".json", "w", encoding="utf-8") as manifest:
            json.dump({"engine": self.engine, "location": name, "types": columns, "checks": [check], "problems": []}, manifest, ensure_ascii=False)
        self.tables += 1


def pyarrow_files(suite):
    table = arrow_table(*tables.all_types())
    columns, rows = columns_and_rows(table)
    flat = [n for n, t in columns if nested(t)[1] is None]
    encodings = {n: e for n, e in (("id", "DELTA_BINARY_PACKED"), ("f64", "BYTE_STREAM_SPLIT")) if n in flat}
    for name, options in {
        "pages_v2": {"data_page_version": "2.0", "compression": "snappy"}, "pages_v2_brotli": {"data_page_version": "2.0", "compression": "brotli", "data_page_size": 64},
        "lz4": {"compression": "lz4"}, "gzip_tiny_pages": {"compression": "gzip", "data_page_size": 32, "write_batch_size": 2}, "one_row_a_group": {"row_group_size": 1},
        "no_dictionary": {"use_dictionary": False, "write_page_index": True}, "dictionary_given_up": {"dictionary_pagesize_limit": 16, "write_batch_size": 2},
        "encodings": {"use_dictionary": False, "column_encoding": encodings}, "version_1": {"version": "1.0"}, "int96": {"use_deprecated_int96_timestamps": True},
        "short_decimals": {"store_decimal_as_integer": True}, "two_level_lists": {"use_compliant_nested_type": False}, "own_schema": {"store_schema": False},
    }.items():
        kept = table
        if name in ("int96", "version_1"):  # of which pyarrow has only what nanoseconds, or old types, can hold
            kept = table.select([n for n, t in columns if "timestamp" not in t])
        suite.put(name, kept, *columns_and_rows(kept), **options)
    suite.put("no_rows", table.slice(0, 0), columns, [])
    suite.put("no_rows_no_dictionary", table.slice(0, 0), columns, [], use_dictionary=False)
    small = pa.table({"u8": pa.array([255, None], pa.uint8()), "u16": pa.array([65535, None], pa.uint16()), "u32": pa.array([2**32 - 1, None], pa.uint32()),
        "large": pa.array(["é", None], pa.large_string()), "fixed": pa.array([b"abc", None], pa.binary(3)), "none": pa.nulls(2),
        "coded": pa.array(["x", None]).dictionary_encode(), "late": pa.array([-1, None], pa.timestamp("ns")), "ms": pa.array([-1, None], pa.timestamp("ms", "UTC"))})
    suite.put("widths", small, [("u8", "smallint"), ("u16", "int"), ("u32", "bigint"), ("large", "string"), ("fixed", "binary"), ("none", "string"), ("coded", "string"),
        ("late", "timestamp_ntz"), ("ms", "timestamp")], [[255, 65535, 2**32 - 1, "é", b"abc", None, "x", -1, -1000], [None] * 9])


if __name__ == "__main__":
    place = folder()
    files = Files(place)
    pyarrow_files(files)
    suite = Writer(place, session())
    variants(suite, "variants")
    variants(suite, "variants_shredded", [t for t in VARIANTS if t.startswith("{")], **{"spark.sql.variant.writeShredding.enabled": "true", "spark.sql.variant.inferShreddingSchema": "true"})
    variants_as_told(suite)
    variant_scalars(suite)
    spark_files(suite)
    old_calendar(suite)
    print("%d tables in %s" % (files.tables + suite.tables, place))
