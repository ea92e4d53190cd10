"""Tables that Spark, delta-rs and polars write are read by us, and appended to by us where we may."""

import glob
import json
import os

import copies
from known import UNWRITABLE
from processes import Program
from tables_checked import they_read, we_read, we_read_all

WRITERS = {"delta-rs": "write_deltars.py", "polars": "write_polars.py", "spark": "write_spark.py"}
WRITE_SECONDS = 900
UNSUPPORTED = 5  # the exit code of a table with a feature that we refuse


class Theirs:
    """The writers run beside other parts: make one early, check when they are done."""

    def __init__(self, suite):
        self.suite = suite
        self.programs = {engine: Program(suite.folder, script, self.place(engine)) for engine, script in WRITERS.items()}

    def place(self, engine):
        return os.path.join(self.suite.folder, "theirs", engine)

    def check(self):
        for engine, program in self.programs.items():
            with self.suite.report.group("theirs: %s writes" % engine) as group:
                code, _ = program.wait(WRITE_SECONDS)
                group.check(engine, "", "writes its tables", ["exit code %d: %s" % (code, program.last_words())] if code else [])
            manifests = []
            for path in sorted(glob.glob(os.path.join(self.place(engine), "*.json"))):
                with open(path, encoding="utf-8") as f:
                    manifests.append(json.load(f))
            read = []
            with self.suite.report.group("theirs: %s, read by us" % engine) as group:
                read = [m for m in manifests if self.read(group, engine, m)]
            with self.suite.report.group("theirs: %s, appended to" % engine) as group:
                for manifest in read:
                    self.append(group, engine, manifest)
        with self.suite.report.group("theirs: constraints of spark") as group:
            self.constraints(group)

    def read(self, group, engine, manifest):
        """Whether we read the table."""
        name, location, foreset = manifest["location"], os.path.join(self.place(engine), manifest["location"]), self.suite.foreset
        subject = "%s/%s" % (engine, name)
        group.check(engine, subject, "its own reading", manifest["problems"])
        return we_read_all(group, foreset, subject, location, manifest)

    def append(self, group, engine, manifest):
        """Our append of the table's own rows to a copy of it, read by the engine and by us."""
        name, foreset = manifest["location"], self.suite.foreset
        subject, feature = "%s/%s" % (engine, name), UNWRITABLE.get((engine, name))
        everything = manifest["checks"][0]["rows"]
        copy = copies.copy(os.path.join(self.place(engine), name), "appended")
        with open(copy + ".parquet", "wb") as f:
            f.write(foreset.must("cat", copy, "-o", "parquet"))
        code, _, err = foreset.call("append", copy, copy + ".parquet")
        if feature:
            refused = code == UNSUPPORTED and feature in err
            group.check("foreset", subject, "refusal of an append",
                [] if refused else ["expected to be refused for %s: exit code %d %s; see UNWRITABLE in known.py" % (feature, code, err)])
            if refused:
                group.count("refused")
                group.lines.append("        refused as expected: %s, for %s" % (name, feature))
                return
        elif not group.check("foreset", subject, "append", ["exit code %d: %s" % (code, err)] if code else []):
            return
        doubled = [{"rows": everything * 2}]
        we_read(group, foreset, subject, copy, doubled, " after our append")
        they_read(group, self.suite.readers[engine], subject, copy, manifest["types"], doubled, " after our append")

    def constraints(self, group):
        """We keep NOT NULL, CHECK and append-only of a table that Spark made."""
        location, foreset = os.path.join(self.place("spark"), "properties"), self.suite.foreset
        append = lambda row, command="append": foreset.call(command, location, "-", "--format", "jsonl", stdin=row)
        before = foreset.rows(location)
        for row, error in (('{"id":-1}', "positive"), ('{"id":null}', "null where none is allowed"), ('{"id":5,"v":1000}', "positive"),
                ('{"id":5,"s":{"x":null}}', "null where none is allowed")):
            code, _, err = append(row)
            group.check("foreset", "spark/properties", "refuses " + row, [] if code and error in err else ["exit code %d: %s" % (code, err)])
        code, _, err = append('{"id":5}', "overwrite")
        group.check("foreset", "spark/properties", "refuses to overwrite", [] if code and "append-only" in err else ["exit code %d: %s" % (code, err)])
        code, _, err = append('{"id":5,"v":999}')
        group.check("foreset", "spark/properties", "appends what fits", ["exit code %d: %s" % (code, err)] if code else [])
        checks = [{"rows": before + ['{"late":null,"id":5,"s":null,"v":"999.00"}']}]
        we_read(group, foreset, "spark/properties", location, checks)
        they_read(group, self.suite.readers["spark"], "spark/properties", location, None, checks)
