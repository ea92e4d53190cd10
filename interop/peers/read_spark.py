"""Reads tables with Delta Spark: see jobs.py. It also does

    {"do": "sql", "sql": text}    runs a statement; what it returns is answered like a check
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import jobs  # noqa: E402
from canonical import sorted_rows  # noqa: E402
from spark_rows import columns_and_rows  # noqa: E402
from spark_session import session  # noqa: E402


class Reader:
    def __init__(self, spark):
        self.spark = spark

    def load(self, location, version=None, where=None, columns=None):
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        frame = reader.load(location)
        if where:
            frame = frame.where(where)
        if columns:
            frame = frame.select(*("`%s`" % c for c in columns))
        return frame

    def __call__(self, *what, **more):
        return columns_and_rows(self.load(*what, **more))

    def arrow(self, job):
        return jobs.write_arrow(self.load(job["location"]).toArrow(), job["path"])

    def sql(self, job):
        columns, rows = columns_and_rows(self.spark.sql(job["sql"]))
        return {"types": columns, "rows": sorted_rows(columns, rows)}


if __name__ == "__main__":
    reader = Reader(session())
    jobs.main(reader, arrow=reader.arrow, sql=reader.sql)
