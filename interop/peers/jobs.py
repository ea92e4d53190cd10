"""What the readers have in common: the command line, and checks to answer in bulk.

    read_ENGINE.py LOCATION [--version N] [--where SQL] [--columns a,b]    prints the rows, sorted, as NDJSON
    read_ENGINE.py < CHECKS                                               one check a line in, one answer a line out

A check is {"location": …, "version": N or null, "where": SQL or null, "columns": […] or null}; its answer is
{"types": [[name, type], …], "rows": [line, …]}, or {"error": text} when the engine fails.
"""

import argparse
import json
import sys

from canonical import sorted_rows


def answer(read, check):
    columns, rows = read(check["location"], check.get("version"), check.get("where"), check.get("columns"))
    return {"types": columns, "rows": sorted_rows(columns, rows)}


def one_line(error):
    return (str(error).strip() or repr(error)).splitlines()[0][:500]


def main(read):
    """Serves a reader: read(location, version, where, columns) → (columns, plain rows)."""
    options = argparse.ArgumentParser()
    options.add_argument("location", nargs="?")
    options.add_argument("--version", type=int)
    options.add_argument("--where")
    options.add_argument("--columns", type=lambda text: text.split(","))
    options = options.parse_args()
    if options.location:
        sys.stdout.writelines(line + "\n" for line in answer(read, vars(options))["rows"])
        return
    for line in sys.stdin:
        try:
            result = answer(read, json.loads(line))
        except BaseException as error:  # a panic of a Rust engine is not an Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            result = {"error": one_line(error)}
        print(json.dumps(result, ensure_ascii=False), flush=True)
