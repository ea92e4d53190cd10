"""Reads tables with delta-rs, through its own SQL engine (DataFusion): see jobs.py. It also does

    {"do": "transaction", "location": …, "app": ID}    {"version": the application's recorded version or null}
"""

import jobs
import pyarrow as pa
from arrow_rows import columns_and_rows
from deltalake import DeltaTable, QueryBuilder


def load(location, version=None, where=None, columns=None):
    table = DeltaTable(location, version=version)
    names = ", ".join('"%s"' % c.replace('"', '""') for c in columns or [f.name for f in table.schema().fields])
    query = "SELECT %s FROM t%s" % (names, " WHERE " + where if where else "")
    return pa.table(QueryBuilder().register("t", table).execute(query))


def read(*what, **more):
    return columns_and_rows(load(*what, **more))


if __name__ == "__main__":
    jobs.main(
        read,
        arrow=lambda job: jobs.write_arrow(load(job["location"]), job["path"]),
        transaction=lambda job: {"version": DeltaTable(job["location"]).transaction_version(job["app"])},
    )
