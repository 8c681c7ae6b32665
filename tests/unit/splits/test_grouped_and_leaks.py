"""Groups against a naive search through their graph; leaks against comparing every pair of items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.model_selection import GroupKFold

from modiste.errors import UsageError
from modiste.imaging.perceptual import find_near_hashes
from modiste.manifest import Manifest
from modiste.splits import (
    Drawing,
    Fingerprints,
    Look,
    NearLimits,
    connect_rows,
    draw_folds,
    draw_parts,
    find_leaks,
    read_fingerprints,
)
from tests.unit.splits.conftest import make_shop

KEYS = st.one_of(st.none(), st.sampled_from("abcdef"))


@given(st.lists(st.tuples(KEYS, KEYS, KEYS), max_size=25))
def test_groups_are_the_components_of_the_graph(rows: list[tuple[str | None, ...]]) -> None:
    found = connect_rows([[row[place] for row in rows] for place in range(3)])
    for start in range(len(rows)):
        reached, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for other in range(len(rows)):
                linked = any(a is not None and a == b for a, b in zip(rows[here], rows[other], strict=True))
                if other not in reached and linked:
                    reached.add(other)
                    waiting.append(other)
        assert {row for row in range(len(rows)) if found[row] == found[start]} == reached


def test_groups_need_columns_of_one_length() -> None:
    with pytest.raises(ValueError, match=r"given \[1, 2\]"):
        connect_rows([["a"], ["a", "b"]])


def fingerprint(manifest: Manifest, seed: int) -> Fingerprints:
    """Few different files and hashes, so that many are equal or near."""
    rng = np.random.default_rng(seed)
    images = manifest.items["image"].to_list()
    digests = {
        image: f"file {int(rng.integers(max(len(images) * 2 // 3, 1)))}" for image in images if rng.random() < 0.95
    }
    looks = {
        digest: Look(int(rng.integers(16)) * 3, np.full((64, 3), int(rng.integers(3)) * 6, np.uint8))
        for digest in sorted(set(digests.values()))
    }
    return Fingerprints(digests, {image: looks[digest] for image, digest in digests.items()})


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(0, 99))
def test_leaks_are_found_by_comparing_every_pair(count: int, seed: int) -> None:
    manifest = make_shop(count, seed=seed, products=count)
    prints = fingerprint(manifest, seed)
    rng = np.random.default_rng(seed)
    parts = rng.choice(["train", "validation", "test"], count).tolist()
    items = manifest.items.to_dicts()
    near = NearLimits()

    def look_alike(first: str, second: str) -> bool:
        one, other = prints.looks.get(first), prints.looks.get(second)
        if one is None or other is None or prints.digests[first] == prints.digests[second]:
            return False
        cells = np.abs(one.cells.astype(int) - other.cells).max(axis=0)
        bits = (one.hash ^ other.hash).bit_count()
        return bits <= near.bits and cells[0] <= near.lightness and max(cells[1:]) <= near.colour

    for pair in find_leaks(manifest, parts, prints).pairs:
        sides = [[row for row in range(count) if parts[row] == name] for name in (pair.first, pair.second)]
        found: dict[str, set[object]] = {
            name: set() for name in ("titles", "products", "equal", "near", "first", "second")
        }
        for a in sides[0]:
            for b in sides[1]:
                one, other = items[a], items[b]
                equal = prints.digests.get(one["image"])
                hits = {
                    "titles": one["title"] is not None and one["title"] == other["title"] and one["title"],
                    "products": one["product_id"] == other["product_id"] and one["product_id"],
                    "equal": equal is not None and equal == prints.digests.get(other["image"]) and equal,
                }
                for name, hit in hits.items():
                    if hit:
                        found[name].add(hit)
                alike = look_alike(one["image"], other["image"])
                if alike:
                    found["near"] |= {prints.digests[one["image"]], prints.digests[other["image"]]}
                if alike or any(hits.values()):
                    found["first"].add(a)
                    found["second"].add(b)
        expected = [len(some) for some in found.values()]
        seen = [
            pair.titles,
            pair.products,
            pair.equal_pictures,
            pair.near_pictures,
            pair.first_items,
            pair.second_items,
        ]
        assert seen == expected


@given(st.lists(st.integers(0, 2**64 - 1), max_size=25), st.integers(0, 16), st.integers(0, 99))
def test_near_hashes_are_found_by_comparing_every_pair(hashes: list[int], bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hashes = hashes + [value ^ (1 << int(rng.integers(64))) ^ (1 << int(rng.integers(64))) for value in hashes]
    expected = {
        (a, b)
        for a in range(len(hashes))
        for b in range(a + 1, len(hashes))
        if (hashes[a] ^ hashes[b]).bit_count() <= bits
    }
    found = set()
    for left, right in find_near_hashes(np.array(hashes, dtype=np.uint64), bits):
        found |= {(min(pair), max(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)}
    assert found == expected


@settings(max_examples=15)
@given(st.integers(5, 120), st.integers(0, 99), st.sampled_from([None, "type"]), st.booleans())
def test_a_grouped_split_leaks_nothing_it_groups_by(count: int, seed: int, by: str | None, labels: bool) -> None:
    manifest = make_shop(count, seed=seed, products=count)
    prints = fingerprint(manifest, seed)
    drawing = Drawing(
        by=None if labels else by,
        labels=("type", "meta.year") if labels else (),
        groups=("product", "title", "picture"),
        seed=seed,
    )
    parts = draw_parts(manifest, {"train": 0.6, "test": 0.4}, drawing, fingerprints=prints)
    report = find_leaks(manifest, [parts[item] for item in manifest.items["item_id"]], prints)
    assert all(pair.titles == pair.products == pair.equal_pictures == 0 for pair in report.pairs)


def test_grouped_folds_are_as_even_as_those_of_scikit_learn() -> None:
    manifest = make_shop(600, seed=3)
    folds = draw_folds(manifest, 5, Drawing(groups=("title",)))
    titles = [title or item for item, title in manifest.items.select("item_id", "title").iter_rows()]
    sizes = np.bincount([int(folds[item][-1]) - 1 for item in manifest.items["item_id"]])
    theirs = [len(test) for _, test in GroupKFold(5).split(titles, groups=titles)]
    assert np.ptp(sizes) <= np.ptp(theirs) + 2


def test_grouped_classes_keep_their_shares_nearly() -> None:
    manifest = make_shop(2000, seed=1)
    parts = draw_parts(manifest, {"train": 0.8, "test": 0.2}, Drawing(by="type", groups=("title",)))
    types = manifest.labels("type").to_list()
    for value in "abcd":
        of_value = [parts[item] for item, kind in zip(manifest.items["item_id"], types, strict=True) if kind == value]
        assert abs(of_value.count("test") - 0.2 * len(of_value)) <= max(1, 0.02 * len(of_value))


def test_fingerprints_of_files(tmp_path: Path) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 9, 3), dtype=np.uint8)).resize((90, 120))
    picture.save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    picture.resize((60, 80)).save(tmp_path / "c.jpg", quality=85)
    picture.rotate(180).save(tmp_path / "d.png")
    (tmp_path / "e.png").write_bytes(b"no picture")
    rows = [
        {"item_id": name, "image": str(tmp_path / name), "source": "x"}
        for name in ("a.png", "b.png", "c.jpg", "d.png", "e.png", "f.png")
    ]
    manifest = Manifest.from_rows(rows)
    done: list[int] = []
    prints = read_fingerprints(manifest.items["image"], advance=done.append)
    assert sum(done) == 6
    assert set(prints.problems) == {str(tmp_path / "e.png"), str(tmp_path / "f.png")}
    report = find_leaks(manifest, ["train", "test", "test", "test", "test", "test"], prints)
    assert (report.pairs[0].equal_pictures, report.pairs[0].near_pictures, report.unread) == (1, 2, 1)
    assert report.pairs[0].first_items == 2
    assert report.to_json()["pairs"][0]["first"] == "test"


def test_what_does_not_fit_is_refused() -> None:
    manifest = make_shop(4)
    with pytest.raises(UsageError, match="fingerprints"):
        draw_parts(manifest, {"train": 1.0}, Drawing(groups=("picture",)))
    with pytest.raises(UsageError, match="no group 'brand'"):
        Drawing(groups=("brand",))
    with pytest.raises(UsageError, match="not both"):
        Drawing(by="type", labels=("style",))
    with pytest.raises(UsageError, match="one part for each of 4"):
        find_leaks(manifest, ["train"], Fingerprints({}))
    with pytest.raises(UsageError, match="0 to 16 bits"):
        NearLimits(bits=17)
    with pytest.raises(UsageError, match="no items to divide"):
        draw_parts(manifest.of_split("none"), {"train": 1.0}, Drawing())
