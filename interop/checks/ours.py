"""Tables that we write are read by Spark, delta-rs and polars: rows, types, filters, projections, versions, checkpoints, constraints."""

import json
import os

from compare import same_rows
from copies import checkpoint_version
from processes import Failed, Program, lines
from tables_checked import reduced, they_read, types_differ, we_read

# Input, format, properties, whether a checkpoint is made at once.
INPUTS = [
    ("all_types", "parquet", {}, True),
    ("all_types", "jsonl", {"delta.parquet.compression.codec": "snappy"}, False),
    ("all_types_no_ntz", "arrow", {"delta.parquet.compression.codec": "gzip", "delta.checkpoint.writeStatsAsJson": "false",
        "delta.checkpoint.writeStatsAsStruct": "true"}, True),
    ("awkward", "parquet", {}, True),
    ("typed", "parquet", {"delta.checkpoint.writeStatsAsStruct": "true"}, True),
    ("typed", "jsonl", {}, False),
    ("unpartitioned", "arrow", {"delta.parquet.compression.codec": "uncompressed"}, True),
    ("empty_string", "jsonl", {}, True),
]
COLUMNS = {"all_types": ["ts", "id", "mm"], "awkward": ["p"], "typed": ["v", "pt"]}
INPUT_SECONDS = 120


class Subject:
    """A table of ours with what all have to read in it."""

    def __init__(self, name, location, types, checks):
        self.name, self.location, self.types, self.checks = name, location, types, checks


class Ours:
    def __init__(self, suite):
        self.suite, self.foreset, self.folder = suite, suite.foreset, os.path.join(suite.folder, "ours")
        self.inputs = os.path.join(suite.folder, "inputs")
        os.makedirs(self.folder)

    def check(self):
        subjects = []
        with self.suite.report.group("ours: written and read by us") as group:
            code, _ = (program := Program(self.suite.folder, "write_inputs.py", self.inputs)).wait(INPUT_SECONDS)
            if code:
                raise Failed("write_inputs.py: " + program.last_words())
            for build in (self.from_inputs, self.commits, self.merged, self.properties, self.empty):
                for subject in build(group):
                    we_read(group, self.foreset, subject.name, subject.location, subject.checks)
                    group.check("foreset", subject.name, "types", types_differ(subject.types, self.foreset.types(subject.location)))
                    subject.copies = reduced(subject.location)
                    for copy, note in subject.copies:
                        we_read(group, self.foreset, subject.name, copy, subject.checks[:1], note)
                    subjects.append(subject)
        for reader in self.suite.readers.values():
            with self.suite.report.group("ours: read by %s" % reader.engine) as group:
                for subject in subjects:
                    they_read(group, reader, subject.name, subject.location, subject.types, subject.checks)
            with self.suite.report.group("ours: checkpoints, %s" % reader.engine) as group:
                for subject in subjects:
                    for copy, note in subject.copies:
                        if note == ", checkpoint alone":
                            left = [c for c in subject.checks if c.get("version", -1) >= checkpoint_version(copy)]
                            they_read(group, reader, subject.name, copy, subject.types, subject.checks[:1] + left, note)
        self.spark_looks(subjects)
        self.constraints()

    def ndjson(self, name, rows, command="append", *options):
        """A commit of rows, which are dicts; the same rows as the lines that all print."""
        text = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
        self.foreset.commit(command, self.location(name), "-", "--format", "jsonl", *options, stdin="\n".join(text) + "\n")
        return text

    def location(self, name):
        return os.path.join(self.folder, name)

    def create(self, name, types, by=(), **properties):
        ddl = self.location(name) + ".ddl"
        with open(ddl, "w", encoding="utf-8") as f:
            f.write(types if isinstance(types, str) else ", ".join("`%s` %s" % (n, t) for n, t in types))
        self.foreset.must("create", self.location(name), "--schema", ddl, *create_options(by, properties))

    def from_inputs(self, group):
        """The rows of tables.py, from files of each format; text into a table that was made with their types."""
        for source, format_, properties, checkpoint in INPUTS:
            with open(os.path.join(self.inputs, source + ".json"), encoding="utf-8") as f:
                wanted = json.load(f)
            name, file = "%s_%s" % (source, format_), os.path.join(self.inputs, "%s.%s" % (source, format_))
            location = self.location(name)
            if format_ == "jsonl":
                self.create(name, wanted["types"], wanted["partition_by"], **properties)
                self.foreset.must("append", location, file)
            else:
                self.foreset.must("create", location, "--from", file, *create_options(wanted["partition_by"], properties))
            if checkpoint:
                self.foreset.must("checkpoint", location)
            # Of what a filter gives there is no expectation but ours, of which the whole table is held against the input.
            checks = [{"rows": wanted["rows"]}] + [{"where": w, "rows": self.foreset.rows(location, where=w)} for w in wanted["filters"]]
            if source in COLUMNS:
                checks.append({"columns": COLUMNS[source], "rows": self.foreset.rows(location, columns=COLUMNS[source])})
            yield Subject(name, location, wanted["types"], checks)

    def commits(self, group):
        """Many commits, checkpoints by interval, an overwrite, a new column; every version against a model."""
        name, types = "commits", [["id", "bigint"], ["g", "int"], ["v", "string"]]
        self.create(name, types, by=["g"])
        model, versions = [], [[]]
        for n in range(1, 33):
            rows = [{"id": i, "g": i % 3, "v": None if i % 5 == 0 else "v%d" % i} for i in range(3 * n, 3 * n + 3)]
            if n == 21:
                rows = [row | {"w": row["id"] + 0.5} for row in rows]
            command, options = ("overwrite" if n == 14 else "append"), (["--merge-schema"] if n == 21 else [])
            self.ndjson(name, rows, command, *options)
            model = rows if n == 14 else model + rows
            versions.append([json.dumps({"id": r["id"], "g": r["g"], "v": r["v"]} | ({"w": r.get("w")} if n >= 21 else {})) for r in model])
        checks = [{"rows": versions[32]}] + [{"version": v, "rows": versions[v]} for v in (0, 1, 9, 10, 13, 14, 20, 21, 30, 32)]
        checks += [{"where": w, "rows": self.foreset.rows(self.location(name), where=w)} for w in
            ("id = 45", "id >= 60 AND id < 66", "g = 1", "v IS NULL", "id > 1000000", "w IS NOT NULL", "w > 64.5 OR g = 0 AND id < 50")]
        yield Subject(name, self.location(name), types + [["w", "double"]], checks)

    def merged(self, group):
        """New columns and new fields of structs and of lists of structs, by --merge-schema."""
        name = "merged"
        self.create(name, "id int, s struct<x: int>, l array<struct<x: int>>")
        self.ndjson(name, [{"id": 1, "s": {"x": 1}, "l": [{"x": 1}]}, {"id": 2, "s": None, "l": []}])
        self.ndjson(name, [{"id": 3, "s": {"x": 3, "y": "z"}, "l": [{"x": 3, "y": True}], "late": "new"}], "append", "--merge-schema")
        self.foreset.must("checkpoint", self.location(name))
        types = [["id", "int"], ["s", "struct<x:int,y:string>"], ["l", "array<struct<x:int,y:boolean>>"], ["late", "string"]]
        rows = ['{"id":1,"s":{"x":1,"y":null},"l":[{"x":1,"y":null}],"late":null}', '{"id":2,"s":null,"l":[],"late":null}',
            '{"id":3,"s":{"x":3,"y":"z"},"l":[{"x":3,"y":true}],"late":"new"}']
        before = ['{"id":1,"s":{"x":1},"l":[{"x":1}]}', '{"id":2,"s":null,"l":[]}']
        checks = [{"rows": rows}, {"where": "late IS NULL", "rows": rows[:2]}, {"version": 1, "rows": before}]
        yield Subject(name, self.location(name), types, checks)

    def properties(self, group):
        """Features that we write beside the common ones."""
        name = "properties"
        self.create(name, "`id` bigint NOT NULL COMMENT 'the \"key\"', `été` string, `day` date", by=["day"], **{
            "delta.enableInCommitTimestamps": "true", "delta.enableChangeDataFeed": "true", "delta.checkpointInterval": "2",
            "delta.dataSkippingNumIndexedCols": "1", "delta.constraints.positive": "id > 0", "team": "ours = theirs"})
        rows = []
        for i in range(1, 6):
            rows += self.ndjson(name, [{"id": i, "été": "v%d" % i, "day": "2024-02-%02d" % (i % 2 + 28)}])
        last = self.ndjson(name, [{"id": 9, "été": None, "day": None}], "overwrite")
        yield Subject(name, self.location(name), [["id", "bigint"], ["été", "string"], ["day", "date"]],
            [{"rows": last}, {"version": 5, "rows": rows}, {"version": 3, "rows": rows[:3]}, {"where": "id = 9", "rows": last}])

    def empty(self, group):
        name, types = "empty", [["id", "bigint"], ["s", "string"]]
        self.create(name, types, by=["s"])
        yield Subject(name, self.location(name), types, [{"rows": []}, {"where": "id = 1", "rows": []}])

    def spark_looks(self, subjects):
        """What Spark does with a log beside reading rows: its history, its details, answers from statistics alone, its change feed."""
        spark = self.suite.readers["spark"]
        with self.suite.report.group("ours: history and statistics, spark") as group:
            for subject in subjects:
                history = self.sql(group, spark, subject.name, "history", "DESCRIBE HISTORY delta.`%s`" % subject.location)
                ours = [json.loads(line) for line in lines(self.foreset.must("history", subject.location, "-o", "ndjson"))]
                info = self.foreset.info(subject.location)
                # Without in-commit timestamps Spark takes the times of the files, which are not ours to compare.
                keys = ["version", "operation"] + (["timestamp"] if "delta.enableInCommitTimestamps" in info["properties"] else [])
                by_version = [[[h[key] for key in keys] for h in sorted(side, key=lambda h: h["version"])] for side in (ours, history)]
                group.check("spark", subject.name, "history", pairs_differ(*by_version))
                for detail in self.sql(group, spark, subject.name, "detail", "DESCRIBE DETAIL delta.`%s`" % subject.location):
                    keys = ("id", "numFiles", "sizeInBytes", "partitionColumns", "properties")
                    group.check("spark", subject.name, "detail", pairs_differ([info[key] for key in keys], [detail[key] for key in keys]))
                rows = [json.loads(line) for line in subject.checks[0]["rows"]]
                ids = [row["id"] for row in rows if row["id"] is not None]
                expected = ['{"n":%d,"a":%s,"z":%s}' % (len(rows), json.dumps(min(ids, default=None)), json.dumps(max(ids, default=None)))]
                self.expect(group, spark, subject.name, "count, min and max from statistics", expected,
                    "SELECT count(*) AS n, min(id) AS a, max(id) AS z FROM delta.`%s`" % subject.location)
            self.expect(group, spark, "properties", "change feed",
                ['{"v":%d,"t":"insert","n":1}' % v for v in (1, 2, 3, 4, 5, 6)] + ['{"v":6,"t":"delete","n":5}'],
                "SELECT _commit_version AS v, _change_type AS t, count(*) AS n FROM table_changes_by_path('%s', 1) GROUP BY ALL"
                % self.location("properties"))

    def constraints(self):
        """Spark keeps the constraints of a table that we made, and what it adds is read by us."""
        spark, name = self.suite.readers["spark"], "constraints"
        with self.suite.report.group("ours: constraints, spark") as group:
            self.create(name, "id bigint NOT NULL, v int, s struct<x: int, y: string>", **{"delta.constraints.positive": "v > 0"})
            rows = self.ndjson(name, [{"id": 1, "v": 1, "s": {"x": 1, "y": "a"}}])
            insert = "INSERT INTO delta.`%s` VALUES " % self.location(name)
            for values, error in (("(2, 0, NULL)", "DELTA_VIOLATE_CONSTRAINT"), ("(2, NULL, NULL)", "DELTA_VIOLATE_CONSTRAINT"),
                    ("(NULL, 1, NULL)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED")):
                said = spark.ask(do="sql", sql=insert + values).get("error", "no error")
                group.check("spark", name, "refuses " + values, [] if error in said else [said])
            self.sql(group, spark, name, "insert", insert + "(2, 1, named_struct('x', 2, 'y', NULL))")
            rows.append('{"id":2,"v":1,"s":{"x":2,"y":null}}')
            checks = [{"rows": rows}]
            we_read(group, self.foreset, name, self.location(name), checks)
            for reader in self.suite.readers.values():
                they_read(group, reader, name, self.location(name), None, checks)

    def sql(self, group, spark, table, what, sql):
        """The rows that Spark answers with, as dicts; none, and a failed check, if it fails."""
        answer = spark.ask(do="sql", sql=sql)
        group.check("spark", table, what + " without an error", [answer["error"]] if "error" in answer else [])
        return [json.loads(row) for row in answer.get("rows", [])]

    def expect(self, group, spark, table, what, rows, sql):
        answer = spark.ask(do="sql", sql=sql)
        group.check("spark", table, what, [answer["error"]] if "error" in answer else same_rows(rows, answer["rows"]))


def create_options(by, properties):
    return [o for c in by for o in ("--partition-by", c)] + [o for p in properties.items() for o in ("--property", "%s=%s" % p)]


def pairs_differ(ours, theirs):
    return [] if ours == theirs else ["ours:   %s" % ours, "theirs: %s" % theirs]
