"""Every check finds its fault, and nothing else; looking resumes; guards speak."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.bundle import Bundle
from modiste.collect.checking import CHECKS, CheckOptions, CheckResult, check_manifest, examination, examine_pictures
from modiste.collect.checking.label_conflicts import count_votes
from modiste.collect.checking.outliers import measure_class_distances, robust_z
from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import Manifest
from modiste.synthetic import draw_shop
from tests.unit.collect.checking.conftest import encode


def list_found(result: CheckResult, name: str) -> dict[str, str | None]:
    return dict(result.findings.filter(check=name).select("item_id", "partner").iter_rows())


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ("unreadable", {"cut": None, "missing": None, "address": None}),
        ("not-a-picture", {"page": None}),
        ("wrong-suffix", {"misnamed": None}),
        ("blank", {"blank": None}),
        ("tiny", {"tiny": None}),
        ("exact-copy", {"same-bytes": "good-00"}),
        ("pixel-copy", {"same-pixels": "good-01"}),
        ("near-copy", {"good-02": "larger"}),
    ],
)
def test_every_fault_is_found(checked: CheckResult, check: str, found: dict[str, str | None]) -> None:
    assert list_found(checked, check) == found


def test_contradicting_copies_are_named(checked: CheckResult) -> None:
    rows = checked.findings.filter(check="label-conflict")
    assert set(rows["item_id"]) == {"good-01", "same-pixels"} and set(rows["expected"]) == {None}


def test_counts_and_json_agree(checked: CheckResult) -> None:
    told = checked.to_json()
    assert list(told["checks"]) == [check.name for check in CHECKS]
    assert sum(told["checks"].values()) == len(told["findings"]) and told["unreadable"] == 4
    assert set(checked.findings["severity"]) <= {"error", "warning", "suspicion"}


def test_only_what_is_asked_for_is_checked(faulty: Manifest, tiny: Bundle) -> None:
    result = check_manifest(faulty, bundle=tiny, options=CheckOptions(checks=("blank",)))
    assert result.count() == {"blank": 1}


def test_a_second_look_reads_nothing(
    faulty: Manifest, tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "_PART", 10)
    first = examine_pictures(faulty, tiny, work=tmp_path)
    parts = sorted(tmp_path.rglob("*.parquet"))
    assert len(parts) == 4
    parts[1].unlink()  # as if it had been stopped
    seen: list[str] = []
    look = examination.look_at
    monkeypatch.setattr(examination, "look_at", lambda *given: seen.append(given[0]) or look(*given))
    again = examine_pictures(faulty, tiny, work=tmp_path)
    assert len(seen) == 10
    assert again.facts.equals(first.facts) and np.array_equal(again.vectors, first.vectors)
    assert np.array_equal(again.thumbnails, first.thumbnails)


def test_a_changed_file_is_read_again(tiny: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "1.jpg"
    manifest = Manifest.from_rows([{"item_id": "1", "image": str(path), "source": "test"}])
    results = []
    for colour in ("red", "blue"):
        path.write_bytes(encode(Image.new("RGB", (40, 50 if colour == "red" else 60), colour)))
        results.append(examine_pictures(manifest, tiny, work=tmp_path / "work").facts["height"][0])
    assert results == [50, 60]


def test_two_boxes_of_one_picture_are_no_copies(tiny: Bundle, tmp_path: Path) -> None:
    pictures = [product.picture for product in draw_shop(2, seed=1, size=(90, 120))]
    sheet = Image.new("RGB", (180, 120))
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (90 * place, 0))
    path = tmp_path / "sheet.png"
    path.write_bytes(encode(sheet, "PNG"))
    boxes = {"a": [0, 0, 90, 120], "b": [90, 0, 90, 120], "c": [0, 0, 90, 120]}
    rows = [{"item_id": name, "image": str(path), "source": "test", "box": box} for name, box in boxes.items()]
    assert list_found(check_manifest(Manifest.from_rows(rows), bundle=tiny), "exact-copy") == {"c": "a"}


def test_recoloured_products_are_no_copies(tiny: Bundle, tmp_path: Path) -> None:
    picture = next(draw_shop(1, seed=3, size=(90, 120), types=["Tshirts"])).picture
    red, green, blue = picture.split()
    rows = []
    for name, shown in (("a", picture), ("b", Image.merge("RGB", (blue, red, green)))):
        (tmp_path / f"{name}.jpg").write_bytes(encode(shown, quality=90))
        rows.append({"item_id": name, "image": str(tmp_path / f"{name}.jpg"), "source": "test"})
    assert not list_found(check_manifest(Manifest.from_rows(rows), bundle=tiny), "near-copy")


def test_outliers_stand_out_of_their_class() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal([5, 0, 0, 0], 0.4, (60, 4)).astype(np.float32)
    vectors[7] = [0, 5, 0, 0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = measure_class_distances(vectors, np.zeros(60, int), np.arange(60), near=5, min_class=10)
    assert int(np.argmax(found.z)) == 7 and found.z[7] > 10 > np.sort(found.z)[-2]
    means = [np.mean(sorted(vectors[at] @ vectors[row] for at in range(60) if at != row)[-5:]) for row in range(60)]
    np.testing.assert_allclose(found.similarity, means, rtol=1e-5)
    few = measure_class_distances(vectors, np.zeros(60, int), np.arange(60), near=5, min_class=61)
    assert np.isnan(few.z).all()
    assert robust_z(np.ones(4)).tolist() == [0, 0, 0, 0]


def test_votes_are_counted() -> None:
    assert count_votes(["a", "b"]).majority is None and count_votes(["a", "b"]).divided
    assert count_votes([None, None]).majority is None and not count_votes([None]).divided
    assert count_votes(["b", "b", "a"]).counts == (("b", 2), ("a", 1))


@pytest.mark.parametrize("options", [{"folds": 1}, {"min_side": 0}, {"neighbours": 0}, {"min_odds": 0.5}])
def test_wrong_numbers_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="or more"):
        CheckOptions(**options)


def test_wrong_names_are_refused(faulty: Manifest, tiny: Bundle, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'near-copy'"):
        CheckOptions(checks=("near-copies",))
    with pytest.raises(UnknownNameError, match="colour"):
        check_manifest(faulty, bundle=tiny, options=CheckOptions(fields=("color",)))
    with pytest.raises(UsageError, match="no items"):
        examine_pictures(faulty.where(pl.lit(False)), tiny)
    with pytest.raises(UsageError, match="threads is 0"):
        examine_pictures(faulty, tiny, threads=0)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        examine_pictures(faulty, tiny, work=tmp_path / "file")
