"""What a bundle was trained on, told by hashes, against sets of ids, titles and pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.bundle import SHIPPED, Bundle, keep_training_items
from modiste.errors import BundleError, UsageError
from modiste.evaluation import Seen, check_unseen, find_seen, mark_items, select_part
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.splits import apply_split_file, digest_pictures
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden" / "tiny"
CELLS = st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None]), st.sampled_from(["p", "q", "unreadable"]))


def build(rows):
    """Make a manifest of (id, title, picture); doubled ids are left out."""
    unique = {row[0]: row for row in rows}.values()
    return Manifest.from_rows(
        {"item_id": item, "title": title, "image": image, "source": "test"} for item, title, image in unique
    )


@given(st.lists(CELLS, min_size=1), st.lists(CELLS, min_size=1))
def test_the_same_item_is_recognised_and_no_other(trained, asked):
    digests = {"p": "1" * 64, "q": "2" * 64}
    first, second = build(trained), build(asked)
    seen = find_seen(second, mark_items(first, digests), digests)
    columns = ("item_id", "title", "image")
    known = [
        (item, title if title else digests.get(image)) for item, title, image in first.items.select(columns).rows()
    ]
    pictures = {digests.get(image) for image in first.items["image"]} - {None}
    for at, (item, title, image) in enumerate(second.items.select(columns).rows()):
        told = title if title else digests.get(image)
        assert seen.items[at] == (told is not None and (item, told) in known)
        assert seen.pictures[at] == (digests.get(image) in pictures)


def test_further_pictures_and_copies_are_marked():
    rows = [{"item_id": "a", "title": "t", "image": "p", "source": "x", "meta.copy_of": None}]
    rows += [{"item_id": "a~1", "title": "t", "image": "q", "source": "x", "meta.copy_of": "a"}]
    digests = {"p": "1" * 64, "q": "2" * 64, "r": "3" * 64}
    marks = mark_items(Manifest.from_rows(rows), digests, further=["r", "gone"])
    assert len(marks) == 4  # one item, three pictures
    assert find_seen(build([("z", "z", "r")]), marks, digests).pictures.tolist() == [True]


def test_seen_rows_are_refused_and_single_copies_are_not():
    none = np.zeros(100, dtype=bool)
    one, many = none.copy(), none.copy()
    one[3], many[:11] = True, True
    check_unseen(Seen(none, one), "b")
    for seen in (Seen(one, none), Seen(none, many)):
        with pytest.raises(UsageError, match="--allow-seen"):
            check_unseen(seen, "b")


def test_marks_stand_beside_a_bundle_and_change_no_answer(tmp_path):
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "bundle"))
    before = Bundle.open(folder)
    assert before.read_training_items() is None
    keep_training_items(before, np.array([3, 1, 3], dtype=np.uint64))
    after = Bundle.open(folder)
    assert after.read_training_items().tolist() == [1, 3] and after.fingerprint == before.fingerprint


@pytest.mark.parametrize("content", [b"nonsense", b""])
def test_a_damaged_list_is_refused(tmp_path, content):
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "bundle"))
    (folder / "training-items.npy").write_bytes(content)
    with pytest.raises(BundleError, match="modiste bundle mark"):
        Bundle.open(folder).read_training_items()


@pytest.mark.parametrize("table", [np.zeros(3), np.zeros((2, 2), dtype=np.uint64), np.array([{}], dtype=object)])
def test_another_kind_of_list_is_refused(tmp_path, table):
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "bundle"))
    np.save(folder / "training-items.npy", table)
    with pytest.raises(BundleError, match="modiste bundle mark"):
        Bundle.open(folder).read_training_items()


@pytest.mark.data
def test_the_shipped_bundle_knows_its_training_part(shared_data):
    manifest = read_source(shared_data / "fashion-product-images-small.zip")
    manifest = apply_split_file(manifest, REPOSITORY / "recipes" / "splits" / "product-tagger.csv")
    digests = digest_pictures(manifest.items["image"])
    marks = Bundle.open(SHIPPED).read_training_items()
    trained, test = (select_part(manifest, name, digests=digests).rows for name in ("train", "test"))
    assert find_seen(trained, marks, digests).items.all()
    told = find_seen(test, marks, digests)
    assert not told.items.any() and told.pictures.mean() < 0.05
    renamed = trained.items.with_columns(item_id=pl.lit("x") + pl.col("item_id"))
    with pytest.raises(UsageError, match="under another id"):
        check_unseen(find_seen(Manifest(manifest.taxonomy, renamed), marks, digests), "shipped")
