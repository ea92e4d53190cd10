"""Reads tables with delta-rs, through its own SQL engine (DataFusion): see jobs.py."""

import jobs
import pyarrow as pa
from arrow_rows import columns_and_rows
from deltalake import DeltaTable, QueryBuilder


def read(location, version=None, where=None, columns=None):
    table = DeltaTable(location, version=version)
    names = ", ".join('"%s"' % c.replace('"', '""') for c in columns or [f.name for f in table.schema().fields])
    query = "SELECT %s FROM t%s" % (names, " WHERE " + where if where else "")
    return columns_and_rows(pa.table(QueryBuilder().register("t", table).execute(query)))


if __name__ == "__main__":
    jobs.main(read)
