"""Reads tables with Delta Spark: see jobs.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import jobs  # noqa: E402
from spark_rows import columns_and_rows  # noqa: E402
from spark_session import session  # noqa: E402


class Reader:
    def __init__(self, spark):
        self.spark = spark

    def __call__(self, location, version=None, where=None, columns=None):
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        frame = reader.load(location)
        if where:
            frame = frame.where(where)
        if columns:
            frame = frame.select(*("`%s`" % c for c in columns))
        return columns_and_rows(frame)


if __name__ == "__main__":
    jobs.main(Reader(session()))
