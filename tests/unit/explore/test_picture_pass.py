"""One pass over pictures against opening each by itself; what can't be read is told."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.bundle import Bundle
from modiste.explore.groups import Group, Groups, build_groups, pick_examples
from modiste.explore.picture_pass import PassPlan, scan_pictures
from modiste.explore.statistics import measure_histogram
from modiste.manifest import Manifest
from modiste.runtime import Embedder
from modiste.taxonomy import Field, Taxonomy


@pytest.fixture
def shop(tmp_path: Path) -> Manifest:
    rng, rows = np.random.default_rng(0), []
    for at in range(70):
        height, width = (40, 30) if at % 7 else (20, 30)
        path = tmp_path / f"{at}.png"
        Image.fromarray(rng.integers(0, 256, (height, width, 3)).astype(np.uint8)).save(path)
        rows.append({"item_id": str(at), "image": str(path), "source": "flat", "label.kind": f"k{at % 3}"})
    (tmp_path / "3.png").write_bytes(b"no picture")
    rows[5]["image"] = str(tmp_path / "absent.png")
    rows[6]["box"] = [5.0, 10.0, 10.0, 20.0]
    return Manifest.from_rows(rows)


def test_pass_sees_what_opening_each_picture_sees(shop: Manifest) -> None:
    groups = build_groups(shop.items, shop.taxonomy)
    plan = PassPlan(np.arange(70), examples=frozenset({1, 3, 6}), mapped=frozenset({2, 4, 6}))
    scan = scan_pictures(shop.items, groups, plan, bundle=Bundle.open(), threads=2)
    assert [failure.row for failure in scan.failures] == [3, 5]
    assert "not a picture" in scan.failures[0].reason or scan.failures[0].reason
    readable = [row for row in range(70) if row not in (3, 5)]
    opened = {row: np.array(Image.open(shop.items["image"][row])) for row in readable}
    opened[6] = opened[6][10:30, 5:15]
    assert scan.rows.tolist() == readable
    assert scan.heights.tolist() == [40 if row % 7 else 20 for row in readable]
    assert scan.lengths.tolist() == [Path(shop.items["image"][row]).stat().st_size for row in readable]
    for at, group in enumerate(groups.groups):
        mine = [measure_histogram(opened[row]) for row in readable if row % 3 == int(group.value[1])]
        assert scan.histograms.means[at] == pytest.approx(np.mean(mine, axis=0), abs=1e-6)
        assert scan.histograms.counts[at] == len(mine)
    assert scan.histograms.mean == pytest.approx(
        np.mean(list(map(measure_histogram, opened.values())), axis=0), abs=1e-6
    )
    assert [portrait.row for portrait in scan.examples] == [1, 6]
    assert (scan.examples[1].picture == opened[6]).all()
    assert [portrait.row for portrait in scan.mapped] == [2, 4, 6]
    alone = Embedder(threads=1).embed([opened[row] for row in (2, 4, 6)])
    assert scan.vectors == pytest.approx(alone, abs=1e-4)


def test_threads_give_the_same_sums(shop: Manifest) -> None:
    groups, plan = build_groups(shop.items, shop.taxonomy), PassPlan(np.arange(70))
    one, many = (scan_pictures(shop.items, groups, plan, threads=threads) for threads in (1, 5))
    assert (one.means.pictures == many.means.pictures).all() and (one.histograms.mean == many.histograms.mean).all()
    assert one.failures == many.failures and one.means.pictures.shape == (3, 80, 60, 3)


@pytest.mark.parametrize("added", [1, 40])
def test_sums_do_not_depend_on_how_many_are_added_at_once(
    shop: Manifest, monkeypatch: pytest.MonkeyPatch, added: int
) -> None:
    groups, plan = build_groups(shop.items, shop.taxonomy), PassPlan(np.arange(70))
    at_once = scan_pictures(shop.items, groups, plan)
    monkeypatch.setattr("modiste.explore.picture_pass._ADDED", added)
    some = scan_pictures(shop.items, groups, plan)
    assert (some.means.pictures == at_once.means.pictures).all()
    assert some.means.counts.sum() == at_once.means.counts.sum() == 68
    assert some.histograms.means == pytest.approx(at_once.histograms.means, abs=1e-12)


def test_large_jpeg_keeps_its_size(tmp_path: Path) -> None:
    file = BytesIO()
    Image.fromarray(np.full((900, 1200, 3), 200, np.uint8)).save(file, "JPEG")
    (tmp_path / "1.jpg").write_bytes(file.getvalue())
    row = {"item_id": "1", "image": str(tmp_path / "1.jpg"), "source": "flat"}
    items = Manifest.from_rows([row]).items
    scan = scan_pictures(items, build_groups(items, Taxonomy(())), PassPlan(np.array([0]), frozenset({0})), threads=1)
    assert (scan.widths.tolist(), scan.heights.tolist()) == ([1200], [900])
    assert scan.examples[0].picture.shape == (84, 112, 3)


def test_groups_are_the_commonest_values_and_many_fields_share_the_room() -> None:
    items = pl.DataFrame({"label.a": [f"v{at // 3}" for at in range(600)]})
    taxonomy = Taxonomy((Field("a", "single", tuple(f"v{at}" for at in range(200))),))
    groups = build_groups(items, taxonomy)
    assert len(groups) == 60 and sum(group.pictured for group in groups.groups) == 40
    members = groups.find_members(np.array([0, 1, 3]))
    assert members.sum(axis=0).tolist() == [1, 1, 1] and members[0].tolist() == [True, True, False]
    wide = pl.DataFrame({f"label.f{at}": [str(value) for value in range(50)] for at in range(100)})
    fields = Taxonomy(tuple(Field(f"f{at}", "single", tuple(map(str, range(50)))) for at in range(100)))
    assert len(build_groups(wide, fields)) == 600


def test_examples_serve_several_classes_and_keep_to_the_candidates() -> None:
    rows = [np.arange(0, 40), np.arange(20, 60), np.array([25])]
    groups = Groups([Group("a", str(at), len(mine), True) for at, mine in enumerate(rows)], rows, 60)
    candidates = np.arange(60) % 5 == 0
    chosen = pick_examples(groups, candidates, np.random.default_rng(0), each=4)
    assert candidates[chosen].all() and 25 in chosen and len(chosen) <= 9
    assert all(len(set(mine) & set(chosen.tolist())) >= min(4, int(candidates[mine].sum())) for mine in rows)
    assert len(pick_examples(Groups([], [], 60), candidates, np.random.default_rng(0), each=2)) == 8
    assert not len(pick_examples(groups, np.zeros(60, bool), np.random.default_rng(0)))
