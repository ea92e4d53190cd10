"""Runs the checks of other engines: see ../README.md.

    main.py [PART…]

Parts are ours, mixed, flights, theirs, features and shapes; without any, all of them. All that is written goes into a temporary folder, which is kept if anything differed;
the exit code is then 1.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "peers"))

from features import Features  # noqa: E402
from flights import Flights  # noqa: E402
from known import DIFFERENCES  # noqa: E402
from mixed import Mixed  # noqa: E402
from ours import Ours  # noqa: E402
from processes import Foreset, Reader, call  # noqa: E402
from report import Report  # noqa: E402
from shapes import Shapes  # noqa: E402
from theirs import Theirs  # noqa: E402

# The writers of theirs run while the other parts do their checks, so that it comes last.
PARTS = {"ours": Ours, "mixed": Mixed, "flights": Flights, "theirs": Theirs, "features": Features, "shapes": Shapes}
ENGINES = ["delta-rs", "polars", "spark"]
BUILD_SECONDS = 600
MODULE = os.path.join(HERE, "..", "..")


class Suite:
    """What the parts share."""

    def __init__(self, folder):
        self.folder, self.report = folder, Report(DIFFERENCES)
        self.readers, self.parts = {}, {}

    def build(self):
        start = time.monotonic()
        code, _, err = call(["go", "build", "-C", MODULE, "-o", self.folder + os.sep, "./cmd/foreset", "./examples/nycflights"], BUILD_SECONDS,
            env={"CGO_ENABLED": "0"})
        if code:
            raise SystemExit("interop: go build: exit code %d\n%s" % (code, err))
        print("interop: our programs are built, %.0f s" % (time.monotonic() - start), flush=True)
        self.foreset, self.nycflights = Foreset(os.path.join(self.folder, "foreset")), os.path.join(self.folder, "nycflights")

    def run(self, names):
        try:
            self.build()
            for engine in ENGINES:
                self.readers[engine] = Reader(engine, self.folder)
            self.parts = {name: PARTS[name](self) for name in PARTS if name in names}
            for part in self.parts.values():
                part.check()
        finally:
            for process in list(self.readers.values()) + [p for part in self.parts.values() for p in getattr(part, "programs", {}).values()]:
                process.stop()
        return self.report.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART")
    names = parser.parse_args().parts or list(PARTS)
    if unknown := set(names) - set(PARTS):
        parser.error("no part %s: they are %s" % (", ".join(sorted(unknown)), ", ".join(PARTS)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped, as after an interrupt
    folder = tempfile.mkdtemp(prefix="foreset-interop-")
    code = Suite(folder).run(names)
    if code:
        print("interop: what was written is in " + folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
