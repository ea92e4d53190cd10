"""What the readers have in common: the command line, and jobs done one after the other.

    read_ENGINE.py LOCATION [--version N] [--where SQL] [--columns a,b]    prints the rows, sorted, as NDJSON
    read_ENGINE.py < JOBS                                                 one job a line in, one answer a line out

A job is a check, {"location": …, "version": N or null, "where": SQL or null, "columns": […] or null}, answered by
{"types": [[name, type], …], "rows": [line, …]}; or something else that the engine can do, {"do": name, …}. The answer is {"error": text}
when the engine fails.
"""

import argparse
import json
import sys

import pyarrow as pa
from canonical import sorted_rows


def answer(read, check):
    columns, rows = read(check["location"], check.get("version"), check.get("where"), check.get("columns"))
    return {"types": columns, "rows": sorted_rows(columns, rows)}


def one_line(error):
    """An error's text; what Java's errors say stands on their second line."""
    return " ".join((str(error).strip() or repr(error)).splitlines()[:2])[:500]


def write_arrow(table, path):
    """The answer to the job that every reader has: {"do": "arrow", "location": …, "path": …} writes the whole table to an IPC file."""
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    return {"rows": table.num_rows}


def main(read, **others):
    """Serves a reader: read(location, version, where, columns) → (columns, plain rows). The others do jobs of their name."""
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
            job = json.loads(line)
            result = others[job["do"]](job) if "do" in job else answer(read, job)
        except BaseException as error:  # a panic of a Rust engine is not an Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            result = {"error": one_line(error)}
        print(json.dumps(result, ensure_ascii=False), flush=True)
