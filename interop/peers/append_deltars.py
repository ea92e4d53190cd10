"""Appends one-row commits with delta-rs from several processes at once, for the test of mixed writers.

    append_deltars.py LOCATION --processes P --commits N [--first ID] [--attempts A]

The table has the columns (id BIGINT, writer STRING). Process p appends the ids FIRST + p·N … FIRST + p·N + N − 1, each as a commit of its own,
and tries again when delta-rs gives up. Prints {"landed": [id, …], "failed": {id: error, …}, "retries": n, "seconds": s}; the exit code is 1 if any failed.
"""

import argparse
import json
import multiprocessing
import random
import time

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from jobs import one_line

SCHEMA = pa.schema([("id", pa.int64()), ("writer", pa.string())])


def landed(location, id_):
    """Whether a row is in the newest version: an error of a commit does not always mean that it failed."""
    table = DeltaTable(location).to_pyarrow_table(columns=["id"], filters=[("id", "=", id_)])
    return table.num_rows > 0


def append(job):
    location, first, count, attempts = job
    jitter = random.Random(first)
    done, failed, retries = [], {}, 0
    for id_ in range(first, first + count):
        row = pa.table([[id_], ["delta-rs"]], schema=SCHEMA)
        for attempt in range(attempts):
            try:
                write_deltalake(location, row, mode="append")
                break
            except Exception as error:
                if landed(location, id_):
                    break
                retries += 1
                failed[id_] = one_line(error)
                time.sleep(jitter.uniform(0, min(1.0, 0.02 * 2**attempt)))
        else:
            continue
        failed.pop(id_, None)
        done.append(id_)
    return done, failed, retries


def main():
    options = argparse.ArgumentParser()
    options.add_argument("location")
    options.add_argument("--processes", type=int, default=4)
    options.add_argument("--commits", type=int, default=50, help="of each process")
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--attempts", type=int, default=20)
    options = options.parse_args()
    jobs = [(options.location, options.first + p * options.commits, options.commits, options.attempts) for p in range(options.processes)]
    start = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:  # delta-rs has threads, which do not survive a fork
        results = pool.map(append, jobs, chunksize=1)
    report = {"landed": [], "failed": {}, "retries": 0}
    for done, failed, retries in results:
        report["landed"] += done
        report["failed"] |= failed
        report["retries"] += retries
    report["seconds"] = round(time.monotonic() - start, 2)
    print(json.dumps(report))
    raise SystemExit(1 if report["failed"] else 0)


if __name__ == "__main__":
    main()
