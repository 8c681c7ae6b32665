from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue.index import build_index, list_index_kinds, load_index
from modiste.catalogue.index.saving import HEAD_BYTES
from modiste.errors import CatalogueError
from tests.unit.catalogue.index.brute_force import draw_clusters

VECTORS = draw_clusters(2500, 16, seed=1)
KINDS = [kind.name for kind in list_index_kinds()]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_answers_the_same(kind: str, tmp_path: Path) -> None:
    built = build_index(kind, VECTORS, threads=1)
    built.save(tmp_path / "index")
    grown = np.concatenate([VECTORS, VECTORS[:7]])
    loaded = load_index(tmp_path / "index", grown, threads=1)
    assert (loaded.kind, loaded.size, loaded.nbytes) == (kind, 2500, built.nbytes)
    for one, other in zip(built.search(VECTORS[:9], 10), loaded.search(VECTORS[:9], 10), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    assert (tmp_path / "index").stat().st_size == HEAD_BYTES + built.nbytes


def test_vectors_may_be_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", VECTORS)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    built = build_index("hnsw-sq8", mapped, threads=1)
    np.testing.assert_array_equal(
        built.search(VECTORS[:5], 8).rows, build_index("hnsw-sq8", VECTORS, threads=1).search(VECTORS[:5], 8).rows
    )


def _change_head(**changes: object) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        line = json.dumps(json.loads(data[:HEAD_BYTES]) | changes).encode()
        return line.ljust(HEAD_BYTES, b"\n") + data[HEAD_BYTES:]

    return change


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"item_id,title\n1,Shirt\n" * 999,
    "zeros": lambda data: bytes(len(data)),
    "json": lambda _: b"[]".ljust(HEAD_BYTES),
    "deep": lambda _: b"[" * HEAD_BYTES,
    "cut in the head": lambda data: data[:100],
    "cut after the head": lambda data: data[:HEAD_BYTES],
    "cut": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    "one bit": lambda data: data[:9000] + bytes([data[9000] ^ 4]) + data[9001:],
    "newer": _change_head(format="modiste index 2"),
    "unknown kind": _change_head(kind="tree"),
    "kind of no name": _change_head(kind=3),
    "negative": _change_head(rows=-1),
    "more rows": _change_head(rows=2501),
    "another width": _change_head(dimension=17),
    "other settings": _change_head(settings={"factory": "Flat"}),
    "no settings": _change_head(settings=[]),
    "more in the head": _change_head(owner="me"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_gives_one_clear_error(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "index"
    build_index("ivf", VECTORS, threads=1).save(path)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(CatalogueError, match=r"[Dd]elete it"):
        load_index(path, VECTORS)


def test_a_body_that_faiss_does_not_know_gives_one_clear_error(tmp_path: Path) -> None:
    import zlib

    path = tmp_path / "index"
    build_index("ivf", VECTORS, threads=1).save(path)
    body = b"IxZZ" + bytes(500)
    head = _change_head(body=len(body), checksum=zlib.crc32(body))(path.read_bytes())[:HEAD_BYTES]
    path.write_bytes(head + body)
    with pytest.raises(CatalogueError, match="FAISS can't read"):
        load_index(path, VECTORS)


def test_an_index_of_fewer_rows_than_its_head_says_is_refused(tmp_path: Path) -> None:
    import zlib

    path, other = tmp_path / "index", tmp_path / "other"
    build_index("ivf", VECTORS, threads=1).save(path)
    build_index("ivf", VECTORS[:2100], threads=1).save(other)
    body = other.read_bytes()[HEAD_BYTES:]
    head = _change_head(body=len(body), checksum=zlib.crc32(body))(path.read_bytes())[:HEAD_BYTES]
    path.write_bytes(head + body)
    with pytest.raises(CatalogueError, match="2100"):
        load_index(path, VECTORS)


def test_a_file_that_is_not_there_or_of_other_vectors_gives_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "index"
    with pytest.raises(CatalogueError, match="can't be read"):
        load_index(path, VECTORS)
    build_index("exact", VECTORS).save(path)
    for others in (VECTORS[::-1].copy(), VECTORS[:2400], np.ascontiguousarray(VECTORS[:, :8])):
        with pytest.raises(CatalogueError, match="made from"):
            load_index(path, others)


def test_a_file_that_can_not_be_finished_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index"
    build_index("exact", VECTORS).save(path)
    before = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        build_index("ivf", VECTORS, threads=1).save(path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1
