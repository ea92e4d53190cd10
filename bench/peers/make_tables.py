"""Makes the inputs of the appends (W1) and the scans (W2) from the lineitem of tpchgen.

    make_tables.py GENERATED.parquet [--scale S]

    BENCH_DATA/S/lineitem.parquet  the same rows with plain types: strings as utf8, every column nullable
    BENCH_DATA/S/li                a table with the rows as they come, sorted by l_orderkey
    BENCH_DATA/S/clustered         sorted by l_shipdate, files of some 32 MB, row groups of 131072 rows
    BENCH_DATA/S/zorder            z-ordered by (l_partkey, l_shipdate), the same sizes

Delta-rs writes the tables, so that every engine reads the same bytes.
"""

import argparse
import os

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, WriterProperties, write_deltalake

import lineitem

FILE_BYTES = 32 << 20
GROUP_ROWS = 131072
SNAPPY = WriterProperties(compression="SNAPPY")
SMALL_GROUPS = WriterProperties(compression="SNAPPY", max_row_group_size=GROUP_ROWS)


def plain(schema):
    return pa.schema([pa.field(f.name, pa.string() if f.type == pa.string_view() else f.type) for f in schema])


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("generated")
    flags.add_argument("--scale", default="sf1")
    a = flags.parse_args()
    rows = pq.read_table(a.generated)
    rows = rows.cast(plain(rows.schema))
    file = lineitem.path(a.scale)
    folder = os.path.dirname(file)
    os.makedirs(folder)
    pq.write_table(rows, file, compression="snappy", row_group_size=GROUP_ROWS)
    write_deltalake(os.path.join(folder, "li"), lineitem.stream(a.scale), writer_properties=SNAPPY)
    by_date = rows.sort_by("l_shipdate")
    write_deltalake(os.path.join(folder, "clustered"), by_date, target_file_size=FILE_BYTES, writer_properties=SMALL_GROUPS)
    zorder = os.path.join(folder, "zorder")
    write_deltalake(zorder, lineitem.stream(a.scale), writer_properties=SNAPPY)
    DeltaTable(zorder).optimize.z_order(["l_partkey", "l_shipdate"], target_size=FILE_BYTES, writer_properties=SMALL_GROUPS)


if __name__ == "__main__":
    main()
