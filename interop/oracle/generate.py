"""Asks Spark what SQL expressions mean and writes the answers: expr/testdata/oracle/FAMILY.jsonl.

    interop/setup.sh
    $FORESET_INTEROP_DIR/venv/bin/python interop/oracle/generate.py [--only TEXT] [FAMILY ...]

The README beside this file describes the format.
"""

import argparse
import importlib
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "peers")]

from spark_session import EXPRESSION_RULES, session  # noqa: E402
import values  # noqa: E402
from values import literal, parse, render  # noqa: E402

OUT = os.path.join(HERE, "..", "..", "expr", "testdata", "oracle")

# The modules that a family's cases come from.
FAMILIES = {
    "core": ["cases", "trees"],  # literals, operators, casts
    "math": ["mathematics"],
    "hash": ["hashes"],  # and other forms of writing bytes
    "conditional": ["conditions"],
    "text": ["text", "sentences"],
    "regexp": ["patterns"],  # regular expressions
    "nested": ["nested"],  # structs, arrays, maps
    "json": ["documents"],
    "time": ["moments"],  # dates, timestamps, intervals
    "time_berlin": ["berlin"],  # those that depend on the session's time zone
}

# The session's time zone of a family, if it is not UTC.
ZONES = {"time_berlin": "Europe/Berlin"}

CONVERT = "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation"


def condition(error):
    """The top-level name of a Spark error condition: DATATYPE_MISMATCH of DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES.

    Where Spark lets an exception of Java's own through, the name of its class.
    """
    name = error.getCondition()
    return name.split(".")[0] if name else error._origin.getClass().getName()


class Oracle:
    """Evaluates cases; inputs are kept, because many cases share their rows."""

    def __init__(self, spark):
        from pyspark.errors import PySparkException

        self.spark, self.jvm, self.Error, self.inputs = spark, spark._jvm, PySparkException, {}
        self.rules = spark.conf.get("spark.sql.optimizer.excludedRules")

    def set_zone(self, zone):
        self.inputs = {}
        self.spark.conf.set("spark.sql.session.timeZone", zone)
        values.zone = zone

    def input(self, columns, rows):
        key = json.dumps([columns, rows])
        if key not in self.inputs:
            names = ", ".join("`%s`" % name.replace("`", "``") for name, _ in columns)
            tuples = ", ".join("(" + ", ".join(literal(v, t) for v, (_, t) in zip(row, columns)) + ")" for row in rows)
            self.inputs[key] = self.spark.sql("SELECT * FROM VALUES %s AS t(%s)" % (tuples, names))
            want, got = [t for _, t in columns], [t for _, t in self.inputs[key].dtypes]
            if want != got:
                raise ValueError("columns %s became %s" % (want, got))
        return self.inputs[key]

    def answer(self, case):
        sql, columns, rows = case
        case = {"sql": sql, "columns": columns, "rows": rows}
        try:
            rows_in = self.input(columns, rows)
            type_ = rows_in.selectExpr("(%s\n) AS result" % sql).schema[0].dataType
        except self.Error as error:
            return dict(case, rows=rows[:1], type=None, results=[None], errors=[condition(error)])  # no row is to blame
        text_sql = render("(%s\n)" % sql, type_) + " AS text"
        try:
            answers = [(row.text, None) for row in rows_in.selectExpr(text_sql).collect()]
        except self.Error:
            answers = self.row_by_row(rows_in, text_sql)
            if len(answers) != len(rows) or not any(error for _, error in answers):
                raise
        return dict(case, type=type_.simpleString(), results=[parse(text, type_) for text, _ in answers], errors=[error for _, error in answers])

    def row_by_row(self, rows_in, text_sql):
        """(text, error) of each row: the expressions of Spark's own plan, run by its interpreter on one row after another."""
        projection, relation = self.interpreter(rows_in.selectExpr(text_sql))
        answers = []
        for i in range(relation.data().size()):
            try:
                row = projection.apply(relation.data().apply(i))
                answers.append((None if row.isNullAt(0) else row.getUTF8String(0).toString(), None))
            except self.Error as error:
                answers.append((None, condition(error)))
                if "map" in text_sql:  # whose builder keeps the entries of the row that failed
                    projection, relation = self.interpreter(rows_in.selectExpr(text_sql))
        return answers

    def interpreter(self, texts):
        self.spark.conf.set("spark.sql.optimizer.excludedRules", self.rules + "," + CONVERT)
        try:
            plan = texts.select("text")._jdf.queryExecution().optimizedPlan()
        finally:
            self.spark.conf.set("spark.sql.optimizer.excludedRules", self.rules)
        if plan.child().getClass().getSimpleName() != "LocalRelation":
            raise ValueError("unexpected plan: %s" % plan.toString())
        relation = plan.child()  # the plan is Project(text, LocalRelation(rows))
        projection = self.jvm.org.apache.spark.sql.catalyst.expressions.InterpretedMutableProjection(plan.projectList(), relation.output())
        return projection, relation


def cases_of(family, only):
    """The cases of a family, each once."""
    seen = set()
    for name in FAMILIES[family]:
        for case in importlib.import_module(name).all_cases():
            key = json.dumps(case)
            if only in case[0] and key not in seen:
                seen.add(key)
                yield case


def answers(oracle, family, only):
    start, rows, failed, lines = time.time(), 0, 0, []
    for n, case in enumerate(cases_of(family, only)):
        try:
            answer = oracle.answer(case)
        except ValueError as error:
            raise SystemExit("%s: %s" % (case[0], error))
        rows += len(answer["rows"])
        failed += sum(e is not None for e in answer["errors"])
        lines.append(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
        if (n + 1) % 100 == 0:
            print("%s: %d cases, %.0f s" % (family, n + 1, time.time() - start), file=sys.stderr, flush=True)
    print("%s: %d cases, %d rows, %d of them errors, %.0f s" % (family, len(lines), rows, failed, time.time() - start), file=sys.stderr)
    return lines


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--only", default="", help="only cases whose SQL contains this text, to standard output")
    options.add_argument("families", nargs="*", choices=[[], *FAMILIES], default=[], help="all by default")
    options = options.parse_args()

    # Spark computes what BETWEEN compares in a projection of its own, so that even FALSE AND 1/0 BETWEEN … is an error;
    # inlined, it is evaluated where it stands.
    oracle = Oracle(session(**{"spark.sql.optimizer.excludedRules": EXPRESSION_RULES, "spark.sql.alwaysInlineCommonExpr": "true"}))
    for family in options.families or FAMILIES:
        oracle.set_zone(ZONES.get(family, "UTC"))
        lines = answers(oracle, family, options.only)
        if options.only:
            sys.stdout.writelines(lines)
            continue
        with open(os.path.join(OUT, family + ".jsonl"), "w", encoding="utf-8", newline="\n") as f:
            f.writelines(lines)


if __name__ == "__main__":
    main()
