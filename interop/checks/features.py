"""Tables of other engines with each feature on and off, and each pair of features: read by us with the rows that their engine reads."""

import glob
import json
import os

from canonical import timestamp_text
from compare import same_rows
from processes import Program, lines
from tables_checked import we_read, we_read_all

WRITERS = {"delta-rs": "features_deltars.py", "polars": "features_polars.py", "spark": "features_spark.py"}
WRITE_SECONDS = 1800
UNSUPPORTED, OUTSIDE = 5, 7  # exit codes: a feature that we refuse, a file outside of the table


class Features:
    """The writers run beside other parts: make one early, check when they are done."""

    def __init__(self, suite):
        self.suite, self.foreset = suite, suite.foreset
        self.programs = {engine: Program(suite.folder, script, self.place(engine)) for engine, script in WRITERS.items()}

    def place(self, engine):
        return os.path.join(self.suite.folder, "features", engine)

    def check(self):
        for engine, program in self.programs.items():
            with self.suite.report.group("features: %s writes" % engine) as group:
                code, said = program.wait(WRITE_SECONDS)
                group.check(engine, "", "writes its tables", ["exit code %d: %s" % (code, program.last_words())] if code else [])
                group.lines += ["        " + line for line in said.splitlines()[-1:]]  # the last is the writer's own
            with self.suite.report.group("features: %s, read by us" % engine) as group:
                for path in sorted(glob.glob(os.path.join(self.place(engine), "*.json"))):
                    with open(path, encoding="utf-8") as f:
                        self.read(group, engine, json.load(f))
        with self.suite.report.group("features: refused by name") as group:
            self.unreleased(group)

    def read(self, group, engine, manifest):
        location = os.path.join(self.place(engine), manifest["location"])
        subject = "%s/%s" % (engine, manifest["location"])
        group.check(engine, subject, "its own reading", manifest["problems"])
        group.check(engine, subject, "what should show of its features", manifest.get("missing", []))
        if "external" in manifest:
            self.outside(group, engine, subject, location, manifest)
        elif we_read_all(group, self.foreset, subject, location, manifest):
            if "history" in manifest:
                self.history(group, subject, location, manifest["history"])
            if "tracking" in manifest:
                self.tracking(group, subject, location, manifest["tracking"]["rows"])
            for span in manifest.get("changes", []):
                self.changes(group, subject, location, span)

    def outside(self, group, engine, subject, location, manifest):
        """A table whose log names files of another one is read when that is allowed, and only then."""
        code, _, err = self.foreset.read(location, {})
        group.check("foreset", subject, "refusal", [] if code == OUTSIDE and "allow-external" in err else ["exit code %d: %s" % (code, err)])
        source = os.path.join(self.place(engine), manifest["external"])
        we_read(group, self.foreset, subject, location, [check | {"external": source} for check in manifest["checks"]])

    def tracking(self, group, subject, location, theirs):
        """The id, the version of its last change and the file of each row."""
        ours = []
        for row in map(json.loads, self.foreset.rows(location, columns=["id", "_metadata"])):
            of = row["_metadata"]
            ours.append(json.dumps({"id": row["id"], "row_id": of["row_id"], "row_commit_version": of["row_commit_version"],
                "file": of["file_path"].removeprefix("file://" + location + "/")}))
        group.check("foreset", subject, "row ids, versions and files of rows", same_rows(ours, theirs))

    def changes(self, group, subject, location, span):
        """The change feed of a range that its engine answers, too."""
        code, out, err = self.foreset.call("cat", location, "--changes", "--from", span["from"], "--to", span["to"], "-o", "ndjson")
        what = "changes %d to %d" % (span["from"], span["to"])
        if "error" in span:
            group.count("ranges refused by the engine")
        elif code:
            group.check("foreset", subject, what, ["exit code %d: %s" % (code, err)])
        else:
            group.check("foreset", subject, what, same_rows(*([change(row) for row in side] for side in (lines(out), span["rows"]))))

    def history(self, group, subject, location, theirs):
        """The times of commits that have them inside; those before are the times of files."""
        ours = {h["version"]: h["timestamp"] for h in map(json.loads, lines(self.foreset.must("history", location, "-o", "ndjson")))}
        group.check("foreset", subject, "times of commits",
            ["version %d: %s, not %s" % (version, ours.get(version), time) for version, time in theirs if ours.get(version) != timestamp_text(1000 * time) + "Z"])

    def unreleased(self, group):
        """Features that no engine has released, in a protocol made by hand."""
        for n, feature in enumerate(UNRELEASED):
            location = os.path.join(self.suite.folder, "features", "unreleased-%d" % n)
            os.makedirs(os.path.join(location, "_delta_log"))
            with open(os.path.join(location, "_delta_log", "%020d.json" % 0), "w", encoding="utf-8") as f:
                f.write("".join(json.dumps(action) + "\n" for action in (
                    {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [feature], "writerFeatures": [feature]}},
                    {"metaData": {"id": "0", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [], "configuration": {},
                        "schemaString": '{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}'}})))
            code, _, err = self.foreset.read(location, {})
            group.check("foreset", feature, "refusal", [] if code == UNSUPPORTED and feature in err else ["exit code %d: %s" % (code, err)])


def change(line):
    """A row of a change feed as engines agree on it: not on the order of columns, nor on the times of commits that have none inside. Spark makes its
    rows by way of java.sql.Date, which has other days before 1582-10-15."""
    row = json.loads(line, parse_int=str, parse_float=str)
    return json.dumps({key: row[key] for key in sorted(row) if key not in ("_commit_timestamp", "day", "ts")})


UNRELEASED = ["adaptiveMetadata", "adaptiveMetadata-preview", "redirectReaderWriter-preview", "geospatial", "coordinatedCommits-preview", "catalogOwned-preview",
    "catalogManaged", "nobodyHasHeardOfThis"]

