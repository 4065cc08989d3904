"""Reproducible archives in memory: the same files always give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile

from generator.tree import Tree, checked

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can name (APPNOTE.TXT 4.4.6)."""


def tar_gz(tree: Tree) -> bytes:
    """A gzipped tar with sorted names, times of zero and root as owner. Raises ValueError for an unsafe path."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, blob in sorted(tree.items()):
            member = tarfile.TarInfo(checked(path))
            member.size, member.mode, member.mtime = len(blob.data), blob.mode, 0
            member.uname = member.gname = "root"
            archive.addfile(member, io.BytesIO(blob.data))
    return gzip.compress(buffer.getvalue(), compresslevel=6, mtime=0)


def zip_file(tree: Tree) -> bytes:
    """A zip with sorted names and the earliest time. Raises ValueError for an unsafe path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, blob in sorted(tree.items()):
            member = zipfile.ZipInfo(checked(path), ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, whatever machine this runs on: it decides how the mode below is read
            member.external_attr = (0o100000 | blob.mode) << 16
            archive.writestr(member, blob.data)
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    """The checksum in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
