"""Reads tables with polars: see jobs.py."""

import jobs
import polars
from arrow_rows import columns_and_rows


def read(location, version=None, where=None, columns=None):
    frame = polars.scan_delta(location, version=version)
    if where:
        frame = polars.SQLContext(t=frame).execute("SELECT * FROM t WHERE " + where)
    if columns:
        frame = frame.select(columns)
    return columns_and_rows(frame.collect().to_arrow())


if __name__ == "__main__":
    jobs.main(read)
