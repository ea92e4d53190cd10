"""The rows of TPC-H's lineitem, from BENCH_DATA/SCALE/lineitem.parquet, with plain types: strings as utf8, every column nullable."""

import os

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 65536


def path(scale):
    return os.path.join(os.environ["BENCH_DATA"], scale, "lineitem.parquet")


def plain(schema):
    return pa.schema([pa.field(f.name, pa.string() if f.type == pa.string_view() else f.type, True) for f in schema])


def table(scale):
    """All rows in memory."""
    t = pq.read_table(path(scale))
    return t.cast(plain(t.schema))


def stream(scale):
    """The rows as they are read, a batch at a time."""
    f = pq.ParquetFile(path(scale))
    schema = plain(f.schema_arrow)

    def batches():
        for batch in f.iter_batches(batch_size=BATCH_ROWS):
            yield from pa.Table.from_batches([batch]).cast(schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())
