"""The rows of the small commits, and commits without what follows them."""

import pyarrow as pa
from deltalake import PostCommitHookProperties

NOTHING_AFTER = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


def one_row(id_):
    return pa.table({"id": pa.array([id_], pa.int64()), "name": pa.array(["x"]), "v": pa.array([1.5])})
