"""Appends one-row commits with Delta Spark on request, for the test of writers in turns.

Reads lines of {"location": …, "id": N} for tables of (id BIGINT, writer STRING), appends the row, and answers {"version": V} with the version that the
table then has, or {"error": text}. One session serves all lines, until the end of the input.
"""

import json
import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from jobs import one_line  # noqa: E402
from spark_session import session  # noqa: E402


def main():
    spark = session()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            spark.sql("SELECT CAST(%d AS BIGINT) AS id, 'spark' AS writer" % job["id"]).write.format("delta").mode("append").save(job["location"])
            answer = {"version": spark.sql("DESCRIBE HISTORY delta.`%s` LIMIT 1" % job["location"]).first().version}
        except Exception as error:
            answer = {"error": one_line(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
