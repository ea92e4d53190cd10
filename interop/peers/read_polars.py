"""Reads tables with polars: see jobs.py."""

import jobs
import polars
from arrow_rows import columns_and_rows


def load(location, version=None, where=None, columns=None):
    frame = polars.scan_delta(location, version=version)
    if where:
        frame = polars.SQLContext(t=frame).execute("SELECT * FROM t WHERE " + where)
    if columns:
        frame = frame.select(columns)
    return frame.collect().to_arrow()


def read(*what, **more):
    return columns_and_rows(load(*what, **more))


if __name__ == "__main__":
    jobs.main(read, arrow=lambda job: jobs.write_arrow(load(job["location"]), job["path"]))
