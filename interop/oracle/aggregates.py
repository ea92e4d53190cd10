"""Asks Spark for aggregates of a small table and writes the answers: internal/aggregate/testdata/spark.jsonl.

    dir=$(interop/setup.sh)
    "$dir/venv/bin/python" interop/oracle/aggregates.py

The first line is the table: {"columns": [[name, type], ...], "rows": [[value, ...], ...]}, values as the README beside this file
has them. A line after it is a query and its answer, ordered by the groups:

    {"values": "count(*)", "by": "k", "where": "", "names": ["k", "count(1)"], "types": ["string", "bigint"], "rows": [[null, 3]], "error": null}
"""

import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "peers")]

from spark_session import session  # noqa: E402
from values import literal, parse, render  # noqa: E402

OUT = os.path.join(HERE, "..", "..", "internal", "aggregate", "testdata", "spark.jsonl")

MIN64, MAX64 = -(2**63), 2**63 - 1
SAMPLES = {
    "k string": [None, "", "a", "ab", "é", "\u0000", "a\u0000b", "zz"],
    "y tinyint": [None, -128, 127, 0, 1],
    "h smallint": [None, -32768, 32767, 0, 7],
    "i int": [None, -(2**31), 2**31 - 1, 0, 1, 2, 3],
    "l bigint": [None, 0, 1, -1, 5000000000, -5000000000],
    "g bigint": [None, MAX64, MIN64, 1],
    "d decimal(7,2)": [None, "0.00", "1.50", "-2.25", "99999.99", "-99999.99", "0.01"],
    "e decimal(20,0)": [None, "0", "1", "99999999999999999999", "-99999999999999999999"],
    "w decimal(38,10)": [None, "0.0000000001", "9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999", "1.0000000000"],
    "s decimal(38,36)": [None, "1.000000000000000000000000000000000001", "-0.333333333333333333333333333333333333", "99.000000000000000000000000000000000000"],
    "f float": [None, "0.0", "-0.0", "1.5", "-1.5", "0.1", "NaN", "Infinity"],
    "x double": [None, "0.0", "-0.0", "0.1", "0.2", "0.3", "1.0E20", "-1.0E20", "NaN", "-Infinity"],
    "z double": [None, "0.1", "0.2", "0.3", "1.0E16", "-1.0E16", "4.9E-324"],
    "b boolean": [None, True, False],
    "t timestamp": [None, 0, 1, -1, 1709168523456789, 253402300799999999, -62135596800000000],
    "n timestamp_ntz": [None, 0, 1, -1, 1709168523456789],
    "a date": [None, "1970-01-01", "2024-02-29", "0001-01-01", "9999-12-31"],
    "c binary": [None, "", "AA==", "YWJj", "/wA="],
    "q string": [None, "1", " 2.5 ", "-3e2"],
}
ROWS = 60

NUMBERS = "y h i l d e f x z".split()
QUERIES = [("count(1), count(NULL), count('x'), sum(1), sum(NULL), avg(NULL)", "", ""), ("count(*)", "", "")]
QUERIES += [("count({0}), min({0}), max({0})".format(c.split()[0]), by, "") for c in SAMPLES for by in ("", "k", "b")]
QUERIES += [("sum({0}), avg({0}), mean({0} / 2)".format(c), by, "") for c in NUMBERS + ["q"] for by in ("", "b", "i")]
QUERIES += [("count(*), sum(l)", c.split()[0], "") for c in SAMPLES]
QUERIES += [("count(*), max(k)", "f, x", ""), ("count(*)", "b, k, a", ""), ("count(*), min(z)", "c, k", ""), ("sum(i)", "i % 3, l > 0", "")]
QUERIES += [("sum(z), avg(z)", "b", "z IS NOT NULL"), ("count(*), sum(d)", "k", "i > 0"), ("count(*), sum(d), min(a)", "", "i > 5 AND i < 4"),
            ("count(*)", "k", "false"), ("sum(d * d), avg(d * 3), sum(d / 7)", "b", ""), ("sum(CAST(i AS DECIMAL(38,0)))", "", "")]
QUERIES += [("avg(s), sum(s)", by, "s < 50") for by in ("", "b", "y")]
QUERIES += [("avg(w)", "", "w BETWEEN 0 AND 2"), ("sum(w)", "", "w < 2 AND w > 0")]
# Errors.
QUERIES += [("sum(g)", "", "g > 0"), ("sum(g)", "", "g < 0"), ("sum(w)", "", "w > 2"), ("avg(w)", "", "w > 2"), ("avg(s)", "", "s > 50"),
            ("sum(k)", "", ""), ("sum(10 / i)", "", ""), ("count(10 % l)", "k", ""), ("max(CAST(k AS INT))", "", "")]
QUERIES += [("sum({0})".format(c), "", "") for c in "btnac"] + [("count(*)", "nothing", ""), ("min(nothing)", "", "")]


def condition(error):
    """The top-level name of a Spark error condition."""
    return error.getCondition().split(".")[0]


def answer(spark, Error, query):
    values, by, where = query
    out = {"values": values, "by": by, "where": where}
    tail = " FROM t" + (" WHERE " + where if where else "")
    columns = ", ".join(part for part in (by, values) if part)
    sql = "SELECT %s%s%s" % (columns, tail, " GROUP BY " + by if by else "")
    try:
        plain = spark.sql(sql)
        names, types = plain.columns, [f.dataType for f in plain.schema]
        width = len(spark.sql("SELECT %s FROM t" % by).columns) if by else 0
        plain.toDF(*["r%d" % i for i in range(len(names))]).createOrReplaceTempView("r")
        texts = ", ".join("%s AS x%d" % (render("r%d" % i, t), i) for i, t in enumerate(types))
        order = " ORDER BY " + ", ".join("r%d" % i for i in range(width)) if width else ""
        rows = spark.sql("SELECT %s FROM r%s" % (texts, order)).collect()
    except Error as error:
        return dict(out, names=None, types=None, rows=None, error=condition(error))
    return dict(out, names=names, types=[t.simpleString() for t in types], rows=[[parse(v, t) for v, t in zip(row, types)] for row in rows], error=None)


def main():
    from pyspark.errors import PySparkException

    spark = session()
    rng = random.Random(5)
    columns = [c.split() for c in SAMPLES]
    rows = [[rng.choice(values) for values in SAMPLES.values()] for _ in range(ROWS)]
    data = ", ".join("(" + ", ".join(literal(v, t) for v, (_, t) in zip(row, columns)) + ")" for row in rows)
    spark.sql("SELECT * FROM VALUES %s AS t(%s)" % (data, ", ".join(name for name, _ in columns))).createOrReplaceTempView("t")
    with open(OUT, "w", encoding="utf-8") as out:
        for line in [{"columns": columns, "rows": rows}] + [answer(spark, PySparkException, q) for q in QUERIES]:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


main()
