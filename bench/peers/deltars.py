"""One workload with delta-rs (the PyPI package deltalake), and its line of JSON: see ../README.md.

    deltars.py WORKLOAD --table PATH [flags]
"""

import argparse
import json
import multiprocessing
import os
import shutil
import time

import deltalake
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, QueryBuilder, WriterProperties, write_deltalake

import lineitem
import small
from idle import idle
from meter import Meter, cpu_time, milliseconds, percentile, status_mb
from queries import query
from rows import NOTHING_AFTER, one_row

ENGINE = "delta-rs " + deltalake.__version__


def log_path(table, name):
    return os.path.join(table, "_delta_log", name)


def size_and_count(table):
    """The bytes and the number of the table's files."""
    adds = pa.table(DeltaTable(table).get_add_actions(flatten=True))
    return pc.sum(adds["size_bytes"]).as_py(), adds.num_rows


def append(a):
    """W1: a table of the 6 million rows of lineitem, by an append or, partitioned, by an overwrite."""
    rows = lineitem.table(a.scale) if a.input == "arrow" else None
    partitioned = a.workload == "W1b_partitioned"
    meter = Meter()

    def write():
        write_deltalake(
            a.table, lineitem.stream(a.scale) if rows is None else rows, mode="overwrite" if partitioned else "append",
            partition_by=["l_shipmode"] if partitioned else None, writer_properties=WriterProperties(compression=a.compression),
        )

    meter.run(write, a.repeat, lambda: shutil.rmtree(a.table, ignore_errors=True))
    size, files = size_and_count(a.table)
    meter.line(
        a.workload, ENGINE, a.scale, rows=DeltaTable(a.table).count(), bytes=size, files=files, input=a.input, compression=a.compression.lower(),
    )


def scan(a):
    """W2: rows as Arrow batches, through DataFusion or as a dataset of pyarrow's."""
    q = query(a.workload, a.key)

    def batches():
        table = DeltaTable(a.table)
        if a.api == "datafusion":
            return pa.RecordBatchReader.from_stream(QueryBuilder().register("t", table).execute(q.sql("t")))
        return table.to_pyarrow_dataset().to_batches(columns=q.columns, filter=q.arrow_filter)

    def read():
        rows, total = 0, 0
        for batch in batches():
            if batch.num_rows:
                rows += batch.num_rows
                total += pc.sum(batch[q.sum]).as_py()
        return rows, float(total)

    meter = Meter()
    rows, total = meter.run(read, a.repeat)
    size, files = size_and_count(a.table)
    meter.line(a.workload, ENGINE + ", " + a.api, a.scale, rows=rows, bytes=size, files=files, sum=total)


def open_and_list(a):
    """W3: opens a table and lists the names of its files, all and those of one partition; in mode stats all with their statistics."""
    meter, parts = Meter(), {"mode": a.mode} if a.mode == "stats" else {}

    def run():
        start = time.perf_counter()
        table = DeltaTable(a.table)
        opened = time.perf_counter()
        files = table.get_add_actions().num_rows if a.mode == "stats" else len(table.file_uris())
        listed = time.perf_counter()
        in_partition = len(table.file_uris(file_pruning_predicate=[("day", "=", "2024-03-01")]))
        parts.update(
            open_s=round(opened - start, 4), list_s=round(listed - opened, 4), list_partition_s=round(time.perf_counter() - listed, 4),
            in_partition=in_partition, version=table.version(),
        )
        return files

    files = meter.run(run, a.repeat)
    log = log_path(a.table, "")
    size = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(log) for name in names)
    meter.line(a.workload, ENGINE, a.scale, bytes=size, files=files, **parts)


def advance(a):
    """W3: how long an open table takes to see a commit of another writer."""
    copied = private(a.table, "w3inc-")
    table = DeltaTable(copied)
    before = len(table.file_uris())
    meter = Meter()
    meter.run(table.update_incremental, a.repeat, lambda: foreign_commit(copied, table.version() + 1))
    start = time.perf_counter()
    after = len(table.file_uris())
    relist = time.perf_counter() - start
    meter.line(a.workload, ENGINE, a.scale, files=after, commits=after - before, relist_s=round(relist, 4))


def plan_scan(a):
    """W3: which files of an open table a day and a range of ids leave, by the log alone."""
    leave = [("day", "=", "2024-03-01"), ("id", ">=", "1000000"), ("id", "<=", "500000000")]
    meter, opened = Meter(), []

    def run():
        if a.mode == "path" or not opened:
            opened[:] = [DeltaTable(a.table)]
        return len(opened[0].file_uris(file_pruning_predicate=leave))

    if a.mode == "handle":
        run()
    kept = meter.run(run, a.repeat)
    meter.line(a.workload, ENGINE, a.scale, files=len(opened[0].file_uris()), mode=a.mode, kept=kept)


def foreign_commit(table, version):
    """Writes a commit of one file, as another writer would."""
    info = {"timestamp": 1700000000000 + version, "operation": "WRITE", "operationParameters": {}}
    add = {
        "path": "day=2024-03-01/extra-%d.parquet" % version, "partitionValues": {"day": "2024-03-01"}, "size": 1000,
        "modificationTime": 1700000000000, "dataChange": True, "stats": '{"numRecords":1}',
    }
    with open(log_path(table, "%020d.json" % version), "w") as commit:
        commit.write(json.dumps({"commitInfo": info}) + "\n" + json.dumps({"add": add}) + "\n")


def private(table, prefix):
    """A copy of a table that has only a log, below BENCH_TMP."""
    to = os.path.join(os.environ["BENCH_TMP"], prefix + os.path.basename(table))
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(table, to)
    return to


def new_row_table(table):
    """Makes a new table with the row whose id is -1."""
    shutil.rmtree(table, ignore_errors=True)  # on S3 the caller names a new place
    write_deltalake(table, one_row(-1), mode="append")


def small_commits(a):
    """W4: appends one row at a time; in mode ack without what follows a commit."""
    new_row_table(a.table)
    handle = DeltaTable(a.table)
    meter, times = Meter(), []

    def run():
        for id_ in range(a.n):
            start = time.perf_counter()
            write_deltalake(
                a.table if a.mode == "path" else handle, one_row(id_), mode="append",
                post_commithook_properties=NOTHING_AFTER if a.mode == "ack" else None,
            )
            times.append(time.perf_counter() - start)

    meter.run(run)
    meter.line(
        a.workload, ENGINE, a.scale, rows=a.n, files=size_and_count(a.table)[1], mode=a.mode, p50_ms=milliseconds(percentile(times, 0.5)),
        p99_ms=milliseconds(percentile(times, 0.99)), max_ms=milliseconds(max(times)),
    )


def write_checkpoint(a):
    """W4c: writes a checkpoint of an open table."""
    copied = private(a.table, "w4c-")
    table = DeltaTable(copied)
    meter = Meter()
    meter.run(table.create_checkpoint, a.repeat)
    name = log_path(copied, "%020d.checkpoint.parquet" % table.version())
    meter.line(a.workload, ENGINE, a.scale, bytes=os.path.getsize(name), files=size_and_count(copied)[1], version=table.version())


def writer(table, n, index, mode, ready, start, results):
    """One process of contend."""
    to = DeltaTable(table) if mode == "handle" else table
    ready.release()
    start.wait()
    cpu, ok, times, errors = cpu_time(), [], [], []
    for i in range(n):
        began = time.perf_counter()
        try:
            write_deltalake(to, one_row(index * n + i), mode="append")
            ok.append(index * n + i)
        except Exception as error:
            errors.append("%s: %.160s" % (type(error).__name__, error))
        times.append(time.perf_counter() - began)
    results.put({"ok": ok, "times": times, "errors": errors, "cpu_s": cpu_time() - cpu, "rss_mb": status_mb("VmHWM")})


def contend(a):
    """W5: processes append to one table at the same time, one row a commit. Then every row is looked for: see contention.go."""
    new_row_table(a.table)
    spawn = multiprocessing.get_context("spawn")
    ready, start, results = spawn.Semaphore(0), spawn.Event(), spawn.Queue()
    processes = [spawn.Process(target=writer, args=(a.table, a.n, i, a.mode, ready, start, results)) for i in range(a.p)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    meter = Meter()

    def run():
        start.set()
        return [results.get() for _ in processes]

    reports = meter.run(run)
    for process in processes:
        process.join()
    told, times = {-1}.union(*(r["ok"] for r in reports)), [t for r in reports for t in r["times"]]
    errors = [e for r in reports for e in r["errors"]]
    table = DeltaTable(a.table)
    ids = table.to_pyarrow_table(columns=["id"])["id"].to_pylist()
    meter.line(
        a.workload, ENGINE, a.scale, rows=len(told) - 1, files=len(table.file_uris()), cpu_s=round(sum(r["cpu_s"] for r in reports), 3),
        mode=a.mode, writers=a.p, commits_each=a.n, ok=len(told) - 1, failed=len(errors), errors=errors[:3], lost=len(told - set(ids)),
        doubled=len(ids) - len(set(ids)), stray=len(set(ids) - told), version=table.version(),
        p50_ms=milliseconds(percentile(times, 0.5)), p99_ms=milliseconds(percentile(times, 0.99)), writer_rss_mb=max(r["rss_mb"] for r in reports),
    )


WORKLOADS = {
    "W1_append": append, "W1b_partitioned": append, "W2_full": scan, "W2b_project": scan, "W2c_selective": scan, "W2d_lookup": scan,
    "W2dv_full": scan, "W2dv_project": scan,
    "W3_snapshot": open_and_list, "W3_incremental": advance, "W3_plan": plan_scan, "W4_small_commits": small_commits,
    "W4c_checkpoint": write_checkpoint,
    "W5_contention": contend, "W0_idle": lambda a: idle(a, ENGINE), **{name: lambda a: small.run(a, ENGINE) for name in small.WORKLOADS},
}


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("workload", choices=WORKLOADS)
    flags.add_argument("--table", required=True)
    flags.add_argument("--scale", default="sf1")
    flags.add_argument("--repeat", type=int, default=1)
    flags.add_argument("--input", choices=["arrow", "stream"], default="stream")
    flags.add_argument("--compression", default="SNAPPY")
    flags.add_argument("--api", choices=["datafusion", "dataset"], default="datafusion", help="of the scans")
    flags.add_argument("--key", type=int, default=123456, help="l_partkey of W2d_lookup")
    flags.add_argument("--mode", choices=["handle", "path", "ack", "stats"], default="handle")
    flags.add_argument("--n", type=int, default=200, help="commits, or tables")
    flags.add_argument("--p", type=int, default=4, help="processes")
    flags.add_argument("--wait", default="0s", help="how long the tables of W0_idle stay idle")
    a = flags.parse_args()
    WORKLOADS[a.workload](a)


if __name__ == "__main__":
    main()
