"""One table, written by us and delta-rs at the same time and by Spark in turns: nothing lost, nothing twice, one truth for all readers."""

import json
import os
import threading

from processes import Failed, Program, lines
from tables_checked import reduced, they_read, we_read

PROCESSES, COMMITS = 4, 20  # of each of the two engines
THEIR_FIRST, TURN_FIRST = 100_000, 200_000
APPEND_SECONDS = 400
TURNS = 4
TYPES = [["id", "bigint"], ["writer", "string"]]


def line(id_, writer):
    return '{"id":%d,"writer":"%s"}' % (id_, writer)


class Mixed:
    def __init__(self, suite):
        self.suite, self.foreset = suite, suite.foreset
        self.location = os.path.join(suite.folder, "mixed")

    def check(self):
        with self.suite.report.group("mixed: at once") as group:
            rows = self.at_once(group)
        with self.suite.report.group("mixed: in turns") as group:
            rows = self.in_turns(group, rows)
            self.changed(group, rows)
        with self.suite.report.group("mixed: application versions") as group:
            self.applications(group)

    def create(self, location, **properties):
        with open(location + ".ddl", "w", encoding="utf-8") as f:
            f.write("id bigint, writer string")
        self.foreset.must("create", location, "--schema", location + ".ddl", *(o for p in properties.items() for o in ("--property", "%s=%s" % p)))

    def all_read(self, group, location, checks):
        we_read(group, self.foreset, "mixed", location, checks)
        for reader in self.suite.readers.values():
            they_read(group, reader, "mixed", location, TYPES, checks)

    def at_once(self, group):
        """Processes of both engines append one-row commits; what each was told is held against the rows and the log."""
        self.create(self.location)
        theirs = Program(self.suite.folder, "append_deltars.py", self.location, "--processes", str(PROCESSES), "--commits", str(COMMITS),
            "--first", str(THEIR_FIRST))
        ours = [Appender(self.foreset, self.location, p * COMMITS) for p in range(PROCESSES)]
        try:
            for appender in ours:
                appender.start()
            code, out = theirs.wait(APPEND_SECONDS)
        finally:
            for appender in ours:
                appender.join()
        if not out:
            raise Failed("append_deltars.py: exit code %d: %s" % (code, theirs.last_words()))
        report = json.loads(out)
        landed = [i for a in ours for i in a.landed]
        errors = [e for a in ours for e in a.errors]
        group.check("foreset", "mixed", "every append succeeds", errors)
        group.count("commits of ours", len(landed))
        group.count("commits of delta-rs", len(report["landed"]))
        group.count("retries by delta-rs", report["retries"])
        group.count("commits that delta-rs gave up", len(report["failed"]))
        # What delta-rs reports as failed may or may not be there, but not twice; see append_deltars.py.
        unsure = {int(i) for i in report["failed"]}
        rows = self.foreset.rows(self.location)
        ids = [json.loads(row)["id"] for row in rows]
        there = sorted(unsure & set(ids))
        group.count("of those that landed nevertheless", len(there))
        rows = [line(i, "foreset") for i in landed] + [line(i, "delta-rs") for i in report["landed"] + there]
        versions = [json.loads(h)["version"] for h in lines(self.foreset.must("history", self.location, "-o", "ndjson"))]
        group.check("foreset", "mixed", "a version for each commit", [] if sorted(versions) == list(range(len(rows) + 1)) else
            ["%d rows, versions %s" % (len(rows), sorted(versions))])
        self.all_read(group, self.location, [{"rows": rows}])
        for version in (1, len(rows) // 2, len(rows) - 1):
            self.all_read(group, self.location, [{"version": version, "rows": self.version(group, version)}])
        for copy, note in reduced(self.location):
            we_read(group, self.foreset, "mixed", copy, [{"rows": rows}], note)
        return rows

    def version(self, group, version):
        """Our rows of a version, of which there has to be one for each commit."""
        rows = self.foreset.rows(self.location, version=version)
        group.check("foreset", "mixed", "version %d has as many rows" % version, [] if len(rows) == version else ["%d rows" % len(rows)])
        return rows

    def in_turns(self, group, rows):
        """Spark, delta-rs and we append one after the other; after each turn all read all rows."""
        spark = self.suite.readers["spark"]
        for turn in range(TURNS):
            first = TURN_FIRST + 10 * turn
            answer = spark.ask(do="sql", sql="INSERT INTO delta.`%s` VALUES (%d, 'spark')" % (self.location, first))
            group.check("spark", "mixed", "append, turn %d" % turn, [answer["error"]] if "error" in answer else [])
            self.foreset.commit("append", self.location, "-", "--format", "jsonl", stdin=line(first + 1, "foreset"))
            program = Program(self.suite.folder, "append_deltars.py", self.location, "--processes", "1", "--commits", "1", "--first", str(first + 2))
            code, out = program.wait(APPEND_SECONDS)
            group.check("delta-rs", "mixed", "append, turn %d" % turn, [out or program.last_words()] if code else [])
            rows = rows + [line(first, "spark"), line(first + 1, "foreset"), line(first + 2, "delta-rs")]
            self.all_read(group, self.location, [{"rows": rows}])
        return rows

    def changed(self, group, rows):
        """Spark deletes, updates and optimizes what all wrote; we append again."""
        spark = self.suite.readers["spark"]
        for sql in ("DELETE FROM {t} WHERE id < 10", "UPDATE {t} SET writer = 'changed' WHERE id = %d" % THEIR_FIRST, "OPTIMIZE {t}"):
            answer = spark.ask(do="sql", sql=sql.replace("{t}", "delta.`%s`" % self.location))
            group.check("spark", "mixed", sql, [answer["error"]] if "error" in answer else [])
        self.foreset.commit("append", self.location, "-", "--format", "jsonl", stdin=line(1, "foreset"))
        kept = [row for row in rows if json.loads(row)["id"] >= 10]
        rows = [line(THEIR_FIRST, "changed") if row == line(THEIR_FIRST, "delta-rs") else row for row in kept] + [line(1, "foreset")]
        self.all_read(group, self.location, [{"rows": rows}, {"where": "id < 20", "rows": [r for r in rows if json.loads(r)["id"] < 20]}])

    def applications(self, group):
        """What one engine records of an application, the others see: a repeat changes nothing."""
        location, spark = self.location + "-applications", self.suite.readers["spark"]
        self.create(location)
        ours = lambda version: self.foreset.commit("append", location, "-", "--format", "jsonl", "--app-id", "loader", "--app-version", str(version),
            stdin=line(version, "foreset"))
        group.check("foreset", "applications", "first append", [] if not ours(5)["skipped"] else ["skipped"])
        for version, lands in ((5, False), (6, True)):
            for sql in ("SET spark.databricks.delta.write.txnAppId = loader", "SET spark.databricks.delta.write.txnVersion = %d" % version,
                    "INSERT INTO delta.`%s` VALUES (%d, 'spark')" % (location, version)):
                answer = spark.ask(do="sql", sql=sql)
                group.check("spark", "applications", "version %d" % version, [answer["error"]] if "error" in answer else [])
        for key in ("txnAppId", "txnVersion"):
            spark.ask(do="sql", sql="RESET spark.databricks.delta.write." + key)
        group.check("foreset", "applications", "repeat of Spark's version", [] if ours(6)["skipped"] else ["not skipped"])
        group.check("foreset", "applications", "next append", [] if not ours(7)["skipped"] else ["skipped"])
        seen = self.suite.readers["delta-rs"].ask(do="transaction", location=location, app="loader")
        group.check("delta-rs", "applications", "version", [] if seen == {"version": 7} else [str(seen)])
        self.all_read(group, location, [{"rows": [line(5, "foreset"), line(6, "spark"), line(7, "foreset")]}])


class Appender(threading.Thread):
    """Appends rows with processes of our command, one after the other."""

    def __init__(self, foreset, location, first):
        super().__init__()
        self.foreset, self.location, self.first, self.landed, self.errors = foreset, location, first, [], []

    def run(self):
        for id_ in range(self.first, self.first + COMMITS):
            try:
                code, _, err = self.foreset.call("append", self.location, "-", "--format", "jsonl", stdin=line(id_, "foreset"))
            except Failed as error:
                code, err = -1, str(error)
            if code:
                self.errors.append("id %d: exit code %d: %s" % (id_, code, err.strip()))
            else:
                self.landed.append(id_)
