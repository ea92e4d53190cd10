"""The rows of TPC-H's lineitem, from BENCH_DATA/SCALE/lineitem.parquet, which make_tables.py wrote."""

import os

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 65536


def path(scale):
    return os.path.join(os.environ["BENCH_DATA"], scale, "lineitem.parquet")


def table(scale):
    """All rows in memory."""
    return pq.read_table(path(scale))


def stream(scale):
    """The rows as they are read, a batch at a time."""
    file = pq.ParquetFile(path(scale))
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(batch_size=BATCH_ROWS))
