"""Makes the tables of the workloads W9 and W0 with delta-rs. Each run of a workload gets a copy.

    make_small.py LOCATION [LOG]

    cp    16 commits of one row, and a checkpoint of version 10: five commits after it
    nocp  25 commits of one row, and no checkpoint
    c100  100 commits of one row, and no checkpoint
    scan  10 files of 50,000 rows and eight columns of doubles, one commit each
    log   a copy of LOG, a folder of make_log.py, if LOCATION is in the bucket of bench-store
"""

import os
import sys

import numpy
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyarrow import fs

from rows import NOTHING_AFTER, one_row


def append(table, rows):
    write_deltalake(table, rows, mode="append", post_commithook_properties=NOTHING_AFTER)


def main():
    location = sys.argv[1]
    for name, commits, checkpoint in (("cp", 16, 10), ("nocp", 25, None), ("c100", 100, None)):
        for version in range(commits):
            append(location + "/" + name, one_row(version))
            if version == checkpoint:
                DeltaTable(location + "/" + name).create_checkpoint()
    draw = numpy.random.default_rng(1)
    rows = pa.table({column: draw.random(50_000) for column in "abcdefgh"})
    for _ in range(10):
        append(location + "/scan", rows)
    if len(sys.argv) > 2:
        s3 = fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"])
        fs.copy_files(sys.argv[2], location.removeprefix("s3://") + "/log", destination_filesystem=s3)


if __name__ == "__main__":
    main()
