"""Other programs: ours, called once for each thing to do, and readers of peers/, which are kept running. Nothing waits without an end."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers")
COMMAND_SECONDS = 120
ANSWER_SECONDS = 300


class Failed(Exception):
    pass


def stop(process):
    """Ends a process and what it started, by the number of its group, and waits until all are gone: Spark's JVM outlives its Python."""
    for signal_, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            process.poll()  # a process that nobody has waited for is still of the group
            try:
                os.killpg(process.pid, signal_)
            except (ProcessLookupError, PermissionError):  # none left; on macOS also: none but those that have ended
                process.wait()
                return
            signal_ = 0
            time.sleep(0.05)


def call(arguments, seconds=COMMAND_SECONDS, stdin=None, env=None):
    """Runs a program to its end: exit code, standard output, standard error. What env has is set beside our own environment."""
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env=os.environ | (env or {}))
    try:
        out, err = process.communicate((stdin or "").encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed("no end after %d s: %s" % (seconds, " ".join(map(str, arguments)))) from None
    finally:
        if process.returncode is None:
            stop(process)
    return process.returncode, out, err.decode(errors="replace")


def lines(out):
    """The lines of NDJSON; str.splitlines would also split at line separators inside strings."""
    return out.decode().removesuffix("\n").split("\n") if out else []


class Program:
    """A program of peers/ that runs beside us."""

    def __init__(self, folder, script, *arguments, pipes=False):
        self.name, self.stopped = os.path.splitext(script)[0], False
        self.log = os.path.join(folder, "%s.%d.stderr" % (self.name, id(self)))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, os.path.join(PEERS, script), *arguments], stdin=subprocess.PIPE if pipes else subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, start_new_session=True, env=os.environ | {"TMPDIR": folder, "SPARK_LOCAL_DIRS": folder})

    def wait(self, seconds):
        """Waits for its end: exit code and what it printed."""
        try:
            out, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Failed("%s: no end after %d s: %s" % (self.name, seconds, self.last_words())) from None
        finally:
            self.stop()
        return self.process.returncode, out.decode(errors="replace")

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return " | ".join(log.read().strip().splitlines()[-3:])

    def stop(self):
        """Once: later its number may be that of another."""
        if not self.stopped:
            self.stopped = True
            stop(self.process)


class Reader(Program):
    """A reader of peers/: a job a line in, an answer a line out. It is asked by one thread at a time."""

    def __init__(self, engine, folder):
        self.engine = engine
        super().__init__(folder, "read_%s.py" % engine.replace("-", ""), pipes=True)
        self.answers, self.lock, self.dead = queue.Queue(), threading.Lock(), None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put(None)

    def ask(self, **job):
        """The answer to a job; {"error": …} is one, silence is not."""
        with self.lock:
            if self.dead:
                raise Failed(self.dead)
            try:
                self.process.stdin.write(json.dumps(job).encode() + b"\n")
                self.process.stdin.flush()
                line = self.answers.get(timeout=ANSWER_SECONDS)
            except (OSError, queue.Empty) as error:
                line, why = None, repr(error)
            else:
                why = "it ended"
            if line is None:
                self.dead = "the reader of %s does not answer: %s: %s" % (self.engine, why, self.last_words())
                self.stop()
                raise Failed(self.dead)
            return json.loads(line)


class Foreset:
    """Our command."""

    def __init__(self, binary):
        self.binary = binary

    def call(self, *arguments, stdin=None):
        return call([self.binary, *map(str, arguments)], stdin=stdin)

    def must(self, *arguments, stdin=None):
        """Standard output of a call that has to succeed."""
        code, out, err = self.call(*arguments, stdin=stdin)
        if code:
            raise Failed("foreset %s: exit code %d: %s" % (" ".join(map(str, arguments)), code, err.strip()))
        return out

    def commit(self, *arguments, stdin=None):
        """A command that commits, and what it says of the commit."""
        return json.loads(self.must(*arguments, "-o", "ndjson", stdin=stdin))

    def read(self, location, check):
        """The rows of a check as lines; exit code and standard error if it failed."""
        arguments = ["cat", location, "-o", "ndjson"]
        for option, value in (("--at", check.get("version")), ("--where", check.get("where")), ("--columns", check.get("columns")),
                ("--allow-external", check.get("external"))):
            if value is not None:
                arguments += [option, ",".join(value) if option == "--columns" else value]
        code, out, err = self.call(*arguments)
        return code, lines(out) if code == 0 else None, err.strip()

    def rows(self, location, **check):
        code, rows, err = self.read(location, check)
        if code:
            raise Failed("foreset cat %s %s: exit code %d: %s" % (location, check, code, err))
        return rows

    def types(self, location):
        return [[f["name"], simple_type(f["type"])] for f in json.loads(self.must("schema", location, "-o", "ndjson"))["fields"]]

    def info(self, location):
        return json.loads(self.must("info", location, "-o", "ndjson"))


SIMPLE = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}


def simple_type(type_):
    """Spark's simple string for a type as the log has it."""
    if isinstance(type_, str):
        return SIMPLE.get(type_, type_)
    if type_["type"] == "struct":
        return "struct<%s>" % ",".join("%s:%s" % (f["name"], simple_type(f["type"])) for f in type_["fields"])
    if type_["type"] == "array":
        return "array<%s>" % simple_type(type_["elementType"])
    return "map<%s,%s>" % (simple_type(type_["keyType"]), simple_type(type_["valueType"]))
