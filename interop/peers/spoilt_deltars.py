"""Appends and reads with delta-rs, told line by line by the test that spoils requests under it: see jobs.py.

    {"do": "open", "location": …}    opens a table
    {"do": "append", "id": N}        appends one row, (id BIGINT), to the table that is open
    {"do": "rows", "location": …}    {"ids": [id, …]}: opens a table and reads it
    {"do": "versions"}               {"versions": text}

An operation that fails is answered by {"error": text, "class": name}.
"""

import functools
import platform

import deltalake
import jobs
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from read_deltars import load, read

SCHEMA = pa.schema([("id", pa.int64())])
tables = {}


def told(operation):
    """Answers with the class of an error, too: that is what a program decides by."""

    @functools.wraps(operation)
    def answer(job):
        try:
            return operation(job) or {}
        except BaseException as error:  # a panic of a Rust engine is not an Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            return {"error": jobs.one_line(error), "class": type(error).__name__}

    return answer


def open_table(job):
    tables["open"] = DeltaTable(job["location"])


def append(job):
    write_deltalake(tables["open"], pa.table([[job["id"]]], schema=SCHEMA), mode="append")


def rows(job):
    return {"ids": sorted(load(job["location"]).column("id").to_pylist())}


def versions(job):
    return {"versions": "deltalake %s with pyarrow %s and Python %s" % (deltalake.__version__, pa.__version__, platform.python_version())}


if __name__ == "__main__":
    jobs.main(read, open=told(open_table), append=told(append), rows=told(rows), versions=versions)
