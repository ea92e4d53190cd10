"""Tables of other engines with each feature on and off, and each pair of features: read by us with the rows that their engine reads."""

import glob
import json
import os

from canonical import timestamp_text
from known import REFUSED_FEATURES
from processes import Program, lines
from tables_checked import reduced, types_differ, we_read

WRITERS = {"delta-rs": "features_deltars.py", "polars": "features_polars.py", "spark": "features_spark.py"}
WRITE_SECONDS = 1800
UNSUPPORTED = 5  # the exit code of a table with a feature that we refuse


class Features:
    """The writers run beside other parts: make one early, check when they are done."""

    def __init__(self, suite):
        self.suite, self.foreset = suite, suite.foreset
        self.programs = {engine: Program(suite.folder, script, self.place(engine)) for engine, script in WRITERS.items()}
        self.refused = set()  # features for which a table was refused

    def place(self, engine):
        return os.path.join(self.suite.folder, "features", engine)

    def check(self):
        for engine, program in self.programs.items():
            with self.suite.report.group("features: %s writes" % engine) as group:
                code, said = program.wait(WRITE_SECONDS)
                group.check(engine, "", "writes its tables", ["exit code %d: %s" % (code, program.last_words())] if code else [])
                group.lines += ["        " + line for line in said.splitlines()]
            with self.suite.report.group("features: %s, read by us" % engine) as group:
                for path in sorted(glob.glob(os.path.join(self.place(engine), "*.json"))):
                    with open(path, encoding="utf-8") as f:
                        self.read(group, engine, json.load(f))
        with self.suite.report.group("features: refused by name") as group:
            self.unreleased(group)
            idle = REFUSED_FEATURES - self.refused
            group.check("foreset", "", "refusals", ["no table is refused for %s any more: see REFUSED_FEATURES in known.py" % f for f in sorted(idle)])

    def read(self, group, engine, manifest):
        """A table is read with the same rows, or refused for features of it that known.py has."""
        location = os.path.join(self.place(engine), manifest["location"])
        subject = "%s/%s" % (engine, manifest["location"])
        group.check(engine, subject, "its own reading", manifest["problems"])
        group.check(engine, subject, "what should show of its features", manifest.get("missing", []))
        code, _, err = self.foreset.read(location, {})
        if code == UNSUPPORTED and self.may_be_refused(location, err):
            group.count("refused")
            return
        we_read(group, self.foreset, subject, location, manifest["checks"])
        if code:
            return
        group.check("foreset", subject, "types", types_differ(manifest["types"], self.foreset.types(location)))
        everything = manifest["checks"][0]["rows"]
        count = self.foreset.info(location)["numRecords"]
        group.check("foreset", subject, "number of rows", [] if count in (None, len(everything)) else ["%s rows, not %d" % (count, len(everything))])
        if "history" in manifest:
            self.history(group, subject, location, manifest["history"])
        for copy, note in reduced(location):
            we_read(group, self.foreset, subject, copy, manifest["checks"][:1], note)

    def may_be_refused(self, location, err):
        """Whether an error names features of the table that we are known to refuse."""
        protocols = [action["protocol"] for path in sorted(glob.glob(os.path.join(location, "_delta_log", "*.json"))) for action in actions(path)
            if "protocol" in action]
        named = {f for f in REFUSED_FEATURES if f in err and f in protocols[-1].get("readerFeatures", []) + legacy(protocols[-1])}
        self.refused |= named
        return bool(named)

    def history(self, group, subject, location, theirs):
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


UNRELEASED = ["adaptiveMetadata", "adaptiveMetadata-preview", "redirectReaderWriter-preview", "geospatial", "coordinatedCommits-preview", "catalogOwned-preview",
    "catalogManaged", "nobodyHasHeardOfThis"]


def legacy(protocol):
    return ["columnMapping"] if protocol["minReaderVersion"] == 2 else []


def actions(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]
