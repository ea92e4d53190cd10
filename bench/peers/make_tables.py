"""Makes the tables that the scans (W2) read. Delta-rs writes them, so that every engine reads the same bytes.

    make_tables.py FOLDER [--scale S]

    li         lineitem as it comes, sorted by l_orderkey
    clustered  sorted by l_shipdate, files of some 32 MB, row groups of 131072 rows
    zorder     z-ordered by (l_partkey, l_shipdate), the same sizes
"""

import argparse
import os

from deltalake import DeltaTable, WriterProperties, write_deltalake

import lineitem

FILE_BYTES = 32 << 20
SNAPPY = WriterProperties(compression="SNAPPY")
SMALL_GROUPS = WriterProperties(compression="SNAPPY", max_row_group_size=131072)


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("folder")
    flags.add_argument("--scale", default="sf1")
    a = flags.parse_args()
    write_deltalake(os.path.join(a.folder, "li"), lineitem.stream(a.scale), writer_properties=SNAPPY)
    by_date = lineitem.table(a.scale).sort_by("l_shipdate")
    write_deltalake(os.path.join(a.folder, "clustered"), by_date, target_file_size=FILE_BYTES, writer_properties=SMALL_GROUPS)
    zorder = os.path.join(a.folder, "zorder")
    write_deltalake(zorder, lineitem.stream(a.scale), writer_properties=SNAPPY)
    DeltaTable(zorder).optimize.z_order(["l_partkey", "l_shipdate"], target_size=FILE_BYTES, writer_properties=SMALL_GROUPS)


if __name__ == "__main__":
    main()
