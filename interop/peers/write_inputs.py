"""Writes the files from which foreset makes the tables that the others read.

    write_inputs.py DIR

Makes DIR/NAME.parquet, .arrow (an IPC stream) and .jsonl (NDJSON rows), the same rows in each, and DIR/NAME.json:

    {"name": NAME, "types": [[name, type], …], "partition_by": [column, …], "filters": [SQL, …], "rows": [NDJSON line, …]}

The rows are those that the table has: an empty string as a partition value is null there, says the protocol.
"""

import json
import os

import pyarrow as pa
import pyarrow.parquet
import tables
from arrow_rows import arrow_table, columns_and_rows
from canonical import row_text, sorted_rows
from suite import folder

INPUTS = [
    ("all_types", tables.all_types(), [], tables.FILTERS["all_types"]),
    ("all_types_no_ntz", tables.all_types(ntz=False), [], tables.FILTERS["all_types"]),
    ("awkward", tables.awkward(), ["p"], tables.FILTERS["awkward"]),
    ("typed", tables.typed(), tables.TYPED_PARTITIONS, tables.FILTERS["typed"]),
    ("unpartitioned", tables.typed(), [], tables.FILTERS["typed"]),
    ("empty_string", tables.awkward(["", None, "a"]), ["p"], ["v = ''", "p IS NULL", "p = 'a'"]),
]


def main():
    target = folder()
    os.makedirs(target, exist_ok=True)
    for name, (columns, rows), partition_by, filters in INPUTS:
        path, table = os.path.join(target, name), arrow_table(columns, rows)
        types, plain = columns_and_rows(table)
        pyarrow.parquet.write_table(table, path + ".parquet")
        with pa.ipc.new_stream(path + ".arrow", table.schema) as stream:
            stream.write_table(table)
        with open(path + ".jsonl", "w", encoding="utf-8", newline="\n") as f:
            f.writelines(row_text(types, row) + "\n" for row in plain)
        stored = [[None if n in partition_by and v == "" else v for (n, _), v in zip(types, row)] for row in plain]
        manifest = {"name": name, "types": types, "partition_by": partition_by, "filters": filters, "rows": sorted_rows(types, stored)}
        with open(path + ".json", "w", encoding="utf-8") as f:
            json.dump(manifest, f, ensure_ascii=False, indent=1)
    print("%d inputs in %s" % (len(INPUTS), target))


if __name__ == "__main__":
    main()
