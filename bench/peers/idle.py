"""W0: what open tables hold while nobody uses them, as idle.go measures it."""

import gc
import os
import time

from deltalake import DeltaTable

from meter import Meter, status_mb


def held():
    gc.collect()
    return {"rss_mb": status_mb("VmRSS"), "threads": len(os.listdir("/proc/self/task")), "descriptors": len(os.listdir("/proc/self/fd"))}


def idle(a, engine):
    before, meter, tables = held(), Meter(), []

    def open_all():
        for i in range(a.n):
            tables.append(DeltaTable(a.table if a.n == 1 else "%s/%d" % (a.table, i)))
        return sum(len(table.file_uris()) for table in tables)

    files = meter.run(open_all)
    at = {}
    for wait in (0, int(a.wait.removesuffix("s"))):
        time.sleep(wait)
        now = held()
        at["after %d s" % wait] = {key: round(now[key] - before[key], 1) for key in now}
    meter.line(a.workload, engine, a.scale, files=files, tables=a.n, held=at)
