"""Runs the checks of other engines: see ../README.md.

    main.py --foreset BINARY --nycflights BINARY --folder DIR [PART…]

Parts are ours, mixed, flights and theirs; without any, all. DIR gets everything that is written. The exit code is 1 if anything differed.
"""

import argparse
import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

from flights import Flights  # noqa: E402
from known import DIFFERENCES  # noqa: E402
from mixed import Mixed  # noqa: E402
from ours import Ours  # noqa: E402
from processes import Foreset, Reader  # noqa: E402
from report import Report  # noqa: E402
from theirs import Theirs  # noqa: E402

# The writers of theirs run while the other parts do their checks, so that it comes last.
PARTS = {"ours": Ours, "mixed": Mixed, "flights": Flights, "theirs": Theirs}
ENGINES = ["delta-rs", "polars", "spark"]


class Suite:
    """What the parts share."""

    def __init__(self, options):
        self.folder, self.nycflights = os.path.abspath(options.folder), options.nycflights
        self.foreset, self.report = Foreset(options.foreset), Report(DIFFERENCES)
        self.readers = {engine: Reader(engine, self.folder) for engine in ENGINES}


def main():
    parser = argparse.ArgumentParser()
    for name in ("foreset", "nycflights", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error("no part %s: they are %s" % (", ".join(sorted(unknown)), ", ".join(PARTS)))
    suite = Suite(options)
    parts = {}
    try:
        if "theirs" in options.parts or not options.parts:
            parts["theirs"] = Theirs(suite)
        for name, make in PARTS.items():
            if name in options.parts or not options.parts:
                parts.setdefault(name, None)
        for name in PARTS:
            if name in parts:
                (parts[name] or PARTS[name](suite)).check()
    finally:
        for process in list(suite.readers.values()) + list(parts["theirs"].programs.values() if parts.get("theirs") else []):
            process.stop()
    raise SystemExit(suite.report.end())


if __name__ == "__main__":
    main()
