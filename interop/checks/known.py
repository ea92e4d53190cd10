"""What is different for a reason. Each entry must show, or the run fails: the tables shrink when something becomes possible."""

from report import Known

# Their tables that we read, but refuse to append to, and the feature that the refusal has to name.
UNWRITABLE = {
    ("spark", "deletion_vectors"): "deletionVectors",
    ("spark", "mapped_by_name"): "columnMapping",
    ("spark", "mapped_by_id"): "columnMapping",
    ("spark", "iceberg_compat"): "columnMapping",
    ("spark", "v2_checkpoint"): "v2Checkpoint",
    ("spark", "type_widening"): "typeWidening",
    ("spark", "variant"): "variantType",
    ("spark", "row_tracking"): "rowTracking",
    ("spark", "clustered"): "clustering",
    ("spark", "generated"): "generatedColumns",
    ("spark", "identity"): "identityColumns",
    ("spark", "defaults"): "allowColumnDefaults",
}

DIFFERENCES = [
    Known("delta-rs", "delta-rs/empty_string", "rows after our append", "was empty",
        "the protocol has an empty string as partition value read as null; delta-rs reads back an empty string that it wrote itself"),
]
