"""Copies of a table whose log lacks something: what a reader finds in them must not depend on it."""

import glob
import os
import re
import shutil


def log_files(location):
    return sorted(glob.glob(os.path.join(glob.escape(location), "_delta_log", "*")))


def checkpoint_version(location):
    """The version of the newest checkpoint, or None."""
    return max((int(os.path.basename(f)[:20]) for f in log_files(location) if re.search(r"/\d{20}\.checkpoint\.", f)), default=None)


def copy(location, name):
    """A copy beside the table, data files by link."""
    to = "%s.%s" % (location, name)
    shutil.copytree(location, to, copy_function=lambda a, b: shutil.copy2(a, b) if "_delta_log" in a else os.link(a, b))
    return to


def without_checkpoints(location):
    """A copy with commits alone: no checkpoint, no hint, no checksum. None if the table has no checkpoint."""
    if checkpoint_version(location) is None:
        return None
    to = copy(location, "commits-alone")
    for f in log_files(to):
        if not re.search(r"/\d{20}\.json$", f):
            shutil.rmtree(f) if os.path.isdir(f) else os.remove(f)
    return to


def without_commits(location):
    """A copy without the commits before the newest checkpoint and without checksums, so that readers must read it. None if there is none.

    The commit of the checkpoint's version stays, as it does when engines clean up their logs.
    """
    version = checkpoint_version(location)
    if version is None:
        return None
    to = copy(location, "checkpoint-alone")
    for f in log_files(to):
        match = re.search(r"/(\d{20})\.", f)
        if f.endswith(".crc") or match and int(match[1]) < version:
            os.remove(f)
    return to
