"""What the workloads W2 read, as SQL, as a filter of pyarrow's, and in parts. The sum of a column is the answer."""

import datetime
from dataclasses import dataclass

import pyarrow.compute as pc


@dataclass
class Query:
    sum: str
    columns: list | None = None  # None: all
    where: str | None = None
    arrow_filter: pc.Expression | None = None

    def sql(self, source):
        text = "SELECT %s FROM %s" % (", ".join(self.columns or ["*"]), source)
        return text + (" WHERE " + self.where if self.where else "")


def query(workload, key):
    if workload in ("W2_full", "W2dv_full"):
        return Query("l_quantity")
    if workload in ("W2b_project", "W2dv_project"):
        return Query("l_quantity", ["l_orderkey", "l_quantity", "l_shipdate"])
    if workload == "W2c_selective":
        day = pc.field("l_shipdate")
        first, last = datetime.date(1995, 3, 1), datetime.date(1995, 3, 7)
        return Query(
            "l_extendedprice", ["l_orderkey", "l_extendedprice", "l_shipdate"],
            "l_shipdate >= DATE '%s' AND l_shipdate <= DATE '%s'" % (first, last), (day >= pc.scalar(first)) & (day <= pc.scalar(last)),
        )
    if workload == "W2d_lookup":
        return Query("l_quantity", where="l_partkey = %d" % key, arrow_filter=pc.field("l_partkey") == key)
    raise KeyError(workload)
