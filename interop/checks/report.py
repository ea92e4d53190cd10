"""What was checked, and what differed.

A check is named by engine, table and what was asked. Its outcome is a list of lines, empty when all is well. Lines that a known
difference explains are counted apart and shown; every other line fails the run.
"""

import contextlib
import re
import threading
import time

LINES_SHOWN, LINE_SHOWN = 6, 2000  # of a check: lines, and characters of a line


class Report:
    def __init__(self, known):
        self.known, self.seen = known, set()
        self.failures, self.lock = 0, threading.Lock()
        self.start = time.monotonic()

    @contextlib.contextmanager
    def group(self, name):
        """A group of checks, which is printed as a line when it ends."""
        group = Group(self, name)
        try:
            yield group
        except Exception as error:  # an engine that died, a command that hung: the other groups still run
            group.check("", "", "the run of this group", ["%s: %s" % (type(error).__name__, error)])
        group.print()

    def end(self):
        """Known differences that were looked for and did not show are failures, too: the table of them must stay true."""
        for known in self.known:
            if known.checked and known not in self.seen:
                self.failures += 1
                print("FAILED  no longer different: %s: remove it from known.py" % known)
        if self.failures:
            print("interop: %d failures, %.0f s" % (self.failures, time.monotonic() - self.start))
        else:
            print("interop: all passed, %.0f s" % (time.monotonic() - self.start))
        return 1 if self.failures else 0


class Group:
    def __init__(self, report, name):
        self.report, self.name, self.start = report, name, time.monotonic()
        self.counts, self.lines, self.tables, self.notes = {"checks": 0, "failures": 0, "known differences": 0}, [], set(), []

    def check(self, engine, table, what, differences):
        """Counts a check; differences is what was wrong, a line each. Says whether nothing was."""
        self.counts["checks"] += 1
        self.tables.add(table)
        with self.report.lock:
            known = [k for k in self.report.known if k.covers(engine, table, what)]
            for k in known:
                k.checked = True
            if not differences:
                return True
            for k in known:
                if all(re.search(k.lines, line) for line in differences):
                    self.report.seen.add(k)
                    self.counts["known differences"] += 1
                    self.lines.append("        known difference: %s: %s: %s: %s" % (engine, table, what, k.why))
                    return False
            self.report.failures += 1
        self.counts["failures"] += 1
        self.lines.append("FAILED  %s: %s: %s" % (engine, table, what))
        self.lines += ["        " + line[:LINE_SHOWN] for line in differences[:LINES_SHOWN]]
        if len(differences) > LINES_SHOWN:
            self.lines.append("        … %d lines more" % (len(differences) - LINES_SHOWN))
        return False

    def count(self, what, n=1):
        """Counts something that is worth a number in the group's line."""
        self.counts[what] = self.counts.get(what, 0) + n

    def print(self):
        numbers = ["%d tables" % len(self.tables - {""})] + ["%d %s" % (n, what) for what, n in self.counts.items() if n or what == "checks"]
        with self.report.lock:
            print("%-28s %s, %.1f s" % (self.name, ", ".join(numbers), time.monotonic() - self.start))
            print("".join(line + "\n" for line in self.lines), end="", flush=True)


class Known:
    """A wrong result of another engine, or something it cannot do, that we have looked into.

    The table and what is checked are patterns that must match in full; lines is one that every line of the difference must contain.
    """

    def __init__(self, engine, table, what, lines, why):
        self.engine, self.table, self.what, self.lines, self.why, self.checked = engine, table, what, lines, why, False

    def covers(self, engine, table, what):
        return engine == self.engine and bool(re.fullmatch(self.table, table)) and bool(re.fullmatch(self.what, what))

    def __str__(self):
        return "%s: %s: %s: %s" % (self.engine, self.table, self.what, self.why)
