"""Archives hold exactly the tree, always as the same bytes."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.archive import sha256, tar_gz, zip_file
from generator.tree import Blob, Tree, below, checked, text

TREE: Tree = {
    "node1/README.md": text("Grüße\n"),
    "node1/install.sh": text("#!/bin/sh\n", 0o755),
    "node1/rootfs/etc/secret": Blob(b"\x00\xff", 0o600),
    "node1/rootfs/etc/empty": Blob(b""),
    "node1/rootfs/etc/systemd/system/a@.service": text("[Unit]\n", 0o640),
}
PACKERS: list[Callable[[Tree], bytes]] = [tar_gz, zip_file]
UNSAFE = [
    "",
    "/etc/passwd",
    "../x",
    "a/../b",
    "a/..",
    ".",
    "./a",
    "a//b",
    "a/",
    "/",
    "a\\b",
    "a\nb",
    "a:b",
    "~/x",
    " x",
]


def untar(data: bytes) -> Tree:
    """The files of a tar; folders and links would be missing from the result and fail the comparison."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        found: Tree = {}
        for member in archive.getmembers():
            stream = archive.extractfile(member)
            assert stream is not None, f"{member.name} is no file"
            found[member.name] = Blob(stream.read(), member.mode)
        return found


def unzip(data: bytes) -> Tree:
    """The files of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {
            item.filename: Blob(archive.read(item), item.external_attr >> 16 & 0o7777) for item in archive.infolist()
        }


@pytest.mark.parametrize(("pack", "unpack"), [(tar_gz, untar), (zip_file, unzip)], ids=["tar.gz", "zip"])
def test_what_is_unpacked_is_the_tree(pack: Callable[[Tree], bytes], unpack: Callable[[bytes], Tree]) -> None:
    """Names, bytes and modes come back, sorted by name."""
    found = unpack(pack(TREE))
    assert found == TREE
    assert list(found) == sorted(TREE)


names = st.from_regex(r"[a-z0-9_][a-z0-9_.@+-]{0,8}(/[a-z0-9_][a-z0-9_.@+-]{0,8}){0,2}", fullmatch=True)
blobs = st.builds(Blob, st.binary(max_size=40), st.sampled_from([0o600, 0o640, 0o644, 0o755]))
trees = st.dictionaries(names, blobs, max_size=6)


@pytest.mark.parametrize("pack", PACKERS)
@given(tree=trees, data=st.data())
def test_the_order_of_the_input_does_not_matter(pack: Callable[[Tree], bytes], tree: Tree, data: st.DataObject) -> None:
    """The same files give the same bytes, in whichever order they were made."""
    shuffled = dict(data.draw(st.permutations(list(tree.items()))))
    assert pack(shuffled) == pack(tree)


@given(trees)
def test_any_tree_comes_back(tree: Tree) -> None:
    """Both formats hold whatever a renderer may return."""
    assert untar(tar_gz(tree)) == tree
    assert unzip(zip_file(tree)) == tree


def test_a_tar_tells_nothing_of_who_made_it() -> None:
    """Times are zero, owners root, in the members and in the gzip header."""
    data = tar_gz(TREE)
    assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00" + data[8:10]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        facts = {(item.mtime, item.uid, item.gid, item.uname, item.gname, item.type) for item in archive}
    assert facts == {(0, 0, 0, "root", "root", tarfile.REGTYPE)}


def test_a_zip_tells_nothing_of_who_made_it() -> None:
    """Times are the earliest possible, and the modes are those of Unix, whatever machine it was made on."""
    with zipfile.ZipFile(io.BytesIO(zip_file(TREE))) as archive:
        facts = {(item.date_time, item.create_system, item.external_attr >> 28) for item in archive.infolist()}
    assert facts == {((1980, 1, 1, 0, 0, 0), 3, 0o10)}


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("path", UNSAFE)
def test_a_path_that_leads_elsewhere_is_refused(pack: Callable[[Tree], bytes], path: str) -> None:
    """No archive can write outside of the folder that it is unpacked in."""
    with pytest.raises(ValueError, match="is not a plain relative path"):
        pack({path: text("x")})


@pytest.mark.parametrize(
    "path", ["a", "a/b", ".my.cnf", "rootfs/root/.my.cnf", "a b/c", "a@b", "a+b", "_", "a..b", "..."]
)
def test_a_plain_path_is_itself(path: str) -> None:
    """Names of hidden files and of systemd's instances are plain."""
    assert checked(path) == path


def test_a_tree_moves_down_a_folder() -> None:
    """`below` changes the paths and nothing else."""
    assert below("a/b", {"c": text("x", 0o600)}) == {"a/b/c": Blob(b"x", 0o600)}


def test_checksums_are_those_of_sha256sum() -> None:
    """The published sums can be checked with the usual tools."""
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(b"abc") == expected == hashlib.sha256(b"abc").hexdigest()
