"""Data files of shapes that engines rarely write, read by us."""

import glob
import json
import os

from processes import Program
from tables_checked import types_differ, we_read

WRITE_SECONDS = 900


class Shapes:
    """The writer runs beside other parts: make it early, check when it is done."""

    def __init__(self, suite):
        self.suite, self.place = suite, os.path.join(suite.folder, "shapes")
        self.programs = {"spark": Program(suite.folder, "parquet_shapes.py", self.place)}

    def check(self):
        with self.suite.report.group("shapes: spark and pyarrow write") as group:
            code, _ = self.programs["spark"].wait(WRITE_SECONDS)
            group.check("spark", "", "writes its tables", ["exit code %d: %s" % (code, self.programs["spark"].last_words())] if code else [])
        with self.suite.report.group("shapes: read by us") as group:
            for path in sorted(glob.glob(os.path.join(self.place, "*.json"))):
                with open(path, encoding="utf-8") as f:
                    manifest = json.load(f)
                subject, location = "%(engine)s/%(location)s" % manifest, os.path.join(self.place, manifest["location"])
                group.check(manifest["engine"], subject, "its own reading", manifest["problems"])
                we_read(group, self.suite.foreset, subject, location, manifest["checks"])
                group.check("foreset", subject, "types", types_differ(manifest["types"], self.suite.foreset.types(location)))
