"""W9: one operation on a small table, as small.go does it. What counts is what is asked of the store."""

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from meter import Meter
from rows import NOTHING_AFTER, one_row

WORKLOADS = ["W9_" + op for op in (
    "open", "open_list", "open_nocp", "update", "append_path", "append_handle", "append_ack", "scan10", "scan10_handle", "checkpoint")]


def listed(table):
    return {"files": len(table.file_uris())}


def open_table(location):
    DeltaTable(location)
    return {}


def update(table):
    table.update_incremental()
    return listed(table)


def append(to, id_, post=None):
    write_deltalake(to, one_row(id_), mode="append", post_commithook_properties=post)
    return {"rows": 1}


def scan(table):
    query = QueryBuilder().register("t", table).execute("SELECT a, b, c FROM t")
    return {"rows": sum(batch.num_rows for batch in pa.RecordBatchReader.from_stream(query))} | listed(table)


def checkpoint(table):
    table.create_checkpoint()
    return listed(table)


def operation(workload, location):
    """What is measured, after all that comes before it."""
    if workload in ("W9_open", "W9_open_nocp"):
        return lambda: open_table(location)
    if workload == "W9_open_list":
        return lambda: listed(DeltaTable(location))
    if workload == "W9_append_path":
        return lambda: append(location, 100)
    if workload == "W9_scan10":
        return lambda: scan(DeltaTable(location))
    table = DeltaTable(location)
    if workload == "W9_update":
        append(location, 100, NOTHING_AFTER)
        return lambda: update(table)
    if workload in ("W9_append_handle", "W9_append_ack"):
        post = NOTHING_AFTER if workload == "W9_append_ack" else None
        append(table, 100, post)
        return lambda: append(table, 101, post)
    return (lambda: scan(table)) if workload == "W9_scan10_handle" else (lambda: checkpoint(table))


def run(a, engine):
    measured = operation(a.workload, a.table)
    meter = Meter()
    answer = meter.run(measured)
    meter.line(a.workload, engine, a.scale, **({} if "files" in answer else listed(DeltaTable(a.table))) | answer)
