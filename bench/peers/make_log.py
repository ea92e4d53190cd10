"""Makes a table that has only a log: active files with statistics of ten columns, in 365 partitions. The data files do not exist.

    make_log.py FOLDER --files N --shape a|v|b|c

    a  a checkpoint at version 10, and nothing after it
    v  the same as a V2 checkpoint, with a sidecar for every 50,000 files
    b  the same, and 100 commits after it, each of which adds 10 files and removes 5
    c  1000 commits (one a file if there are fewer), and no checkpoint

Writes FOLDER.json beside the table, {"files": …, "version": …, "in_partition": …}: the answers. in_partition counts the files of 2024-03-01.
"""

import argparse
import json
import os
import random
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = [
    ("id", "long"), ("ts", "timestamp"), ("price", "double"), ("qty", "integer"), ("name", "string"), ("region", "string"), ("sku", "string"),
    ("score", "double"), ("amount", "decimal(18,2)"), ("d", "date"), ("day", "date"),
]
DAYS = ["2024-%02d-%02d" % (m, d) for m, days in enumerate([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 30], 1) for d in range(1, days + 1)]
ASKED_DAY = "2024-03-01"
CHECKPOINT_VERSION = 10
TIMESTAMP = 1700000000000
GROUP_ROWS = 50_000

PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}
METADATA = {
    "id": "6a1c9f6e-0b1e-4d5f-9c86-0f4f0a3a1d11", "format": {"provider": "parquet", "options": {}}, "partitionColumns": ["day"],
    "configuration": {}, "createdTime": TIMESTAMP, "schemaString": json.dumps({
        "type": "struct", "fields": [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in COLUMNS]}),
}

V2_PROTOCOL = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}
V2_METADATA = METADATA | {"configuration": {"delta.checkpointPolicy": "v2"}}

TEXTS = pa.map_(pa.string(), pa.string())
ADD = pa.struct([
    ("path", pa.string()), ("partitionValues", TEXTS), ("size", pa.int64()), ("modificationTime", pa.int64()), ("dataChange", pa.bool_()),
    ("tags", TEXTS), ("stats", pa.string()),
])
CHECKPOINT = pa.schema([
    ("txn", pa.struct([("appId", pa.string()), ("version", pa.int64()), ("lastUpdated", pa.int64())])),
    ("add", ADD),
    ("remove", pa.struct([
        ("path", pa.string()), ("deletionTimestamp", pa.int64()), ("dataChange", pa.bool_()), ("extendedFileMetadata", pa.bool_()),
        ("partitionValues", TEXTS), ("size", pa.int64())])),
    ("metaData", pa.struct([
        ("id", pa.string()), ("format", pa.struct([("provider", pa.string()), ("options", TEXTS)])), ("schemaString", pa.string()),
        ("partitionColumns", pa.list_(pa.string())), ("configuration", TEXTS), ("createdTime", pa.int64())])),
    ("protocol", pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])),
])


def statistics(i, day, draw):
    first = i * 10000
    last = first + 9999
    low, high = draw.random() * 10, 900 + draw.random() * 100
    lowest = {
        "id": first, "ts": day + "T00:00:01.123Z", "price": round(low, 6), "qty": 1, "name": "Customer#%09d" % first, "region": "AFRICA",
        "sku": "SKU-%06d-A" % (first % 999999), "score": draw.random(), "amount": round(low * 3, 2), "d": day,
    }
    highest = {
        "id": last, "ts": day + "T23:59:58.987Z", "price": round(high, 6), "qty": 50, "name": "Customer#%09d" % last, "region": "MIDDLE EAST",
        "sku": "SKU-%06d-Z" % (first % 999999), "score": 99 + draw.random(), "amount": round(high * 3, 2), "d": day,
    }
    nulls = dict.fromkeys(lowest, 0) | {"price": i % 7, "region": 3}
    return json.dumps({"numRecords": 10000, "minValues": lowest, "maxValues": highest, "nullCount": nulls}, separators=(",", ":"))


def files(draw):
    """The adds, without end."""
    i = 0
    while True:
        day = DAYS[i % len(DAYS)]
        name = uuid.UUID(int=draw.getrandbits(128), version=4)
        yield {
            "path": "day=%s/part-%05d-%s.c000.snappy.parquet" % (day, i % 100000, name), "partitionValues": {"day": day},
            "size": 20_000_000 + draw.randrange(40_000_000), "modificationTime": TIMESTAMP, "dataChange": True, "stats": statistics(i, day, draw),
        }
        i += 1


class Log:
    """Writes the log, and counts what is active."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "_delta_log")
        self.files, self.in_partition = 0, 0
        os.makedirs(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def count(self, add, n):
        self.files += n
        if add["partitionValues"]["day"] == ASKED_DAY:
            self.in_partition += n

    def commit(self, version, operation, adds=(), removes=(), header=()):
        info = {"timestamp": TIMESTAMP + version, "operation": operation, "operationParameters": {}}
        lines = [json.dumps({"commitInfo": info}), *map(json.dumps, header)]
        for add in adds:
            lines.append(json.dumps({"add": add}))
            self.count(add, 1)
        for add in removes:
            gone = {
                "path": add["path"], "deletionTimestamp": 1900000000000, "dataChange": True, "extendedFileMetadata": True,
                "partitionValues": add["partitionValues"], "size": add["size"],
            }
            lines.append(json.dumps({"remove": gone}))
            self.count(add, -1)
        with open(self.path("%020d.json" % version), "w") as commit:
            commit.write("\n".join(lines) + "\n")

    def checkpoint(self, version, n, source):
        """A checkpoint of n files. Returns some of them."""
        some = []
        path = self.path("%020d.checkpoint.parquet" % version)
        with pq.ParquetWriter(path, CHECKPOINT, compression="snappy") as out:
            metadata = METADATA | {"format": {"provider": "parquet", "options": []}, "configuration": []}
            out.write_table(pa.Table.from_pylist([{"protocol": PROTOCOL}, {"metaData": metadata}], CHECKPOINT))
            for start in range(0, n, GROUP_ROWS):
                adds = [next(source) for _ in range(min(GROUP_ROWS, n - start))]
                for add in adds:
                    self.count(add, 1)
                some = some or adds[:1000]
                rows = [{"add": add | {"partitionValues": list(add["partitionValues"].items()), "dataChange": False}} for add in adds]
                out.write_table(pa.Table.from_pylist(rows, CHECKPOINT))
        with open(self.path("_last_checkpoint"), "w") as hint:
            json.dump({"version": version, "size": n + 2, "sizeInBytes": os.path.getsize(path), "numOfAddFiles": n}, hint)
        return some

    def v2_checkpoint(self, version, n, source):
        """A V2 checkpoint of n files."""
        lines = [{"checkpointMetadata": {"version": version}}, {"protocol": V2_PROTOCOL}, {"metaData": V2_METADATA}]
        os.makedirs(self.path("_sidecars"))
        draw = random.Random(2)
        for start in range(0, n, GROUP_ROWS):
            adds = [next(source) for _ in range(min(GROUP_ROWS, n - start))]
            for add in adds:
                self.count(add, 1)
            rows = [{"add": add | {"partitionValues": list(add["partitionValues"].items()), "dataChange": False}} for add in adds]
            name = "%s.parquet" % uuid.UUID(int=draw.getrandbits(128), version=4)
            path = self.path(os.path.join("_sidecars", name))
            pq.write_table(pa.Table.from_pylist(rows, CHECKPOINT), path, compression="snappy")
            lines.append({"sidecar": {"path": name, "sizeInBytes": os.path.getsize(path), "modificationTime": TIMESTAMP}})
        with open(self.path("%020d.checkpoint.%s.json" % (version, uuid.UUID(int=draw.getrandbits(128), version=4))), "w") as out:
            out.write("\n".join(map(json.dumps, lines)) + "\n")


def make(folder, n, shape):
    """Writes the log and returns the answers."""
    log, source = Log(folder), files(random.Random(1))
    if shape == "c":
        commits = min(1000, n)
        log.commit(0, "CREATE TABLE", header=[{"protocol": PROTOCOL}, {"metaData": METADATA}])
        for version in range(1, commits + 1):
            log.commit(version, "WRITE", [next(source) for _ in range(n // commits)])
        last = commits
    elif shape == "v":
        last = CHECKPOINT_VERSION
        log.v2_checkpoint(last, n, source)
        log.commit(last, "WRITE")
    else:
        last = CHECKPOINT_VERSION
        old = iter(log.checkpoint(last, n, source))
        log.commit(last, "WRITE")  # the commit that the checkpoint is of
        if shape == "b":
            for last in range(last + 1, last + 101):
                log.commit(last, "MERGE", [next(source) for _ in range(10)], [next(old) for _ in range(5)])
    return {"files": log.files, "version": last, "in_partition": log.in_partition}


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("folder")
    flags.add_argument("--files", type=int, required=True)
    flags.add_argument("--shape", choices="avbc", required=True)
    a = flags.parse_args()
    answers = make(a.folder, a.files, a.shape)
    with open(a.folder + ".json", "w") as out:
        json.dump(answers, out)


if __name__ == "__main__":
    main()
