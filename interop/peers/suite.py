"""What the writers have in common: a folder of tables, each with a manifest of what its own engine reads in it.

DIR/NAME is a table and DIR/NAME.json its manifest:

    {"engine": …, "location": NAME, "types": [[name, type], …],
     "checks": [{"version": N or null, "where": SQL or null, "columns": […] or null, "rows": [NDJSON line, …]}, …],
     "problems": ["lost ROW", "made ROW", "CHECK: error", …]}

The rows are sorted by their bytes. A check of a version or a projection says so; the first check is always the whole table.
Problems are what the engine itself did wrong: rows that it reads otherwise than they were written, checks that it could not answer.
"""

import json
import os
import sys

from arrow_rows import arrow_table
from arrow_rows import columns_and_rows as plain_rows
from canonical import sorted_rows
from jobs import one_line


class Suite:
    def __init__(self, engine, folder, read):
        self.engine, self.folder, self.read, self.tables = engine, folder, read, 0
        os.makedirs(folder, exist_ok=True)

    def location(self, name):
        return os.path.join(self.folder, name)

    def rows(self, name, version=None, where=None, columns=None):
        types, rows = self.read(self.location(name), version, where, columns)
        return types, sorted_rows(types, rows)

    def done(self, name, wrote=None, filters=(), versions=(), columns=None, protocol=None, more=None):
        """Writes the manifest; wrote is (columns, rows) as in tables.py, checked against what the engine reads.

        Where an engine reads its own table otherwise than the protocol says, protocol is the correction of a line. More is what a writer's
        own part of the checks wants to know.
        """
        types, rows = self.rows(name)
        problems = []
        if wrote:
            expected = sorted_rows(*plain_rows(arrow_table(*wrote)))
            problems += [("lost " if line in expected else "made ") + line for line in sorted(set(expected) ^ set(rows))]
        checks = [{"version": None, "where": None, "columns": None, "rows": rows}]
        for check in [{"where": f} for f in filters] + [{"version": v} for v in versions] + ([{"columns": columns}] if columns else []):
            check = {"version": None, "where": None, "columns": None} | check
            try:
                check["rows"] = self.rows(name, **check)[1]
            except Exception as error:
                problems.append("%s: %s" % (check, one_line(error)))
                continue
            checks.append(check)
        if protocol:
            for check in checks:
                check["rows"] = sorted(map(protocol, check["rows"]), key=str.encode)
        manifest = {"engine": self.engine, "location": name, "types": types, "checks": checks, "problems": problems} | (more or {})
        with open(self.location(name) + ".json", "w", encoding="utf-8") as f:
            json.dump(manifest, f, ensure_ascii=False, indent=1)
        self.tables += 1


def folder():
    """The folder named on the command line, which must not hold an earlier run."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: %s DIR" % os.path.basename(sys.argv[0]))
    if os.path.isdir(sys.argv[1]) and os.listdir(sys.argv[1]):
        raise SystemExit("%s is not empty" % sys.argv[1])
    return os.path.abspath(sys.argv[1])
