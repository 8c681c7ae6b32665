"""The acceptance of the eye for strangers: what is drawn, what packages bring, and the run on drawn data."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("onnx")

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.strangers import run
from modiste.bench.strangers.kinds import CHOSEN_ON, HELD_OUT, KINDS, draw_strangers
from modiste.bench.strangers.measuring import bound_share, encode, look
from modiste.bench.strangers.photographs import PHOTOGRAPHS, cut_windows, find_package, list_photographs
from modiste.bundle import Bundle, write_bundle
from modiste.errors import UsageError
from modiste.evaluation import wilson_interval
from modiste.splits import hash_id
from tests.unit.watchful import LIMIT, draw, write_watchful


@pytest.mark.parametrize("kind", [*CHOSEN_ON, *HELD_OUT])
def test_drawn_strangers_are_pictures_that_differ_and_repeat(kind: str) -> None:
    drawn, again = draw_strangers(kind, 3), draw_strangers(kind, 3)
    assert drawn.held_out == (kind in HELD_OUT)
    arrays = [np.asarray(picture) for picture in drawn.pictures]
    assert all(values.shape == (320, 240, 3) and values.dtype == np.uint8 for values in arrays)
    assert len({values.tobytes() for values in arrays}) == 3
    assert [values.tobytes() for values in arrays] == [np.asarray(picture).tobytes() for picture in again.pictures]


def test_no_kind_is_both_chosen_on_and_held_out() -> None:
    assert len(set(KINDS)) == len(KINDS) == len(CHOSEN_ON) + len(HELD_OUT) + len(PHOTOGRAPHS)


def test_windows_lie_within_their_picture() -> None:
    whole = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 1200, 3)).astype(np.uint8))
    windows = cut_windows(whole, 9, np.random.default_rng(1))
    assert len(windows) == 9 and windows[0].size == (900, 225)
    assert all(window.width <= 900 and 0.3 * 225 < window.height <= 225 for window in windows)


def test_photographs_are_read_from_packages_and_missing_ones_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_package("no_such_package_at_all") is None
    monkeypatch.setattr("modiste.bench.strangers.photographs.find_package", lambda name: None)
    assert list(list_photographs("places", np.random.default_rng(0))) == []
    assert draw_strangers("places").pictures == ()


def test_scikit_learns_photographs_are_windows_of_two_sources() -> None:
    pytest.importorskip("sklearn")
    found = draw_strangers("places")
    assert len(found.pictures) == 24 and len(set(found.sources)) == 2


def test_windows_of_one_photograph_count_as_one() -> None:
    hits = np.array([True] * 10 + [False] * 10)
    alone = bound_share(hits, list(map(str, range(20))))
    together = bound_share(hits, ["a"] * 10 + ["b"] * 10)
    assert alone.low == pytest.approx(wilson_interval(10, 20).low)
    assert together.value == alone.value and together.low < alone.low


def test_a_look_is_what_the_bundle_says(tiny: Bundle, tmp_path: Path) -> None:
    bundle = write_watchful(tiny, tmp_path / "bundle")
    seen = look(bundle, [draw(200), draw(20)], threads=1)
    np.testing.assert_allclose(seen.familiarity, [200 / 255, 20 / 255], atol=0.02)
    assert ((seen.sureness > 0) & (seen.sureness <= 1)).all()
    with pytest.raises(UsageError, match="tells no familiarity"):
        look(tiny, [draw(200)], threads=1)
    with pytest.raises(UsageError, match="no pictures"):
        look(bundle, [], threads=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twelve light products that choose, twelve that are sealed; a fourth of these is dark."""
    folder = tmp_path / "data"
    folder.mkdir()
    ids = [str(number) for number in range(1000, 1024)]
    table = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
    table += "".join(f"{item},Men,Apparel,Topwear,Shirts,Red,Fall,2012,Casual,Shirt {item}\n" for item in ids)
    with zipfile.ZipFile(folder / SMALL_PICTURES, "w") as archive:
        archive.writestr("styles.csv", table)
        for place, item in enumerate(ids):
            archive.writestr(f"images/{item}.jpg", draw(20 if place >= 12 and place % 4 == 0 else 200))
    parts = [f"{hash_id(item)},{'validation' if place < 12 else 'test'}" for place, item in enumerate(ids)]
    (folder / "product-tagger.csv").write_text("\n".join(["item,split", *parts]) + "\n")
    return folder


def test_the_run_counts_what_is_below_the_limits(
    data: Path, tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modiste.bench.strangers.running.KINDS", ("charts", "nights", "music"))
    bundle = write_watchful(tiny, tmp_path / "bundle")
    openings = tmp_path / "openings.csv"
    setting = Setting(bundle.path, data, threads=1, part="test", openings=openings, say=lambda line: None)
    told = json.loads(json.dumps(run(setting).to_json(), allow_nan=False))
    products = told["sections"]["Products"]
    assert (products["pictures"], products["flagged"]["value"]) == (12, 0.25)
    assert openings.read_text().count("product-tagger-test,test,12") == 1
    kinds = told["sections"]["Kinds that were held out"]
    for kind in ("nights", "music"):
        light = [
            np.asarray(Image.open(io.BytesIO(encode(picture)))).mean() / 255
            for picture in draw_strangers(kind).pictures
        ]
        assert kinds[kind]["flagged"]["value"] == pytest.approx(np.mean([value < LIMIT for value in light]), abs=0.05)
    assert kinds["nights"]["flagged"]["value"] == 1 and kinds["music"]["flagged"]["value"] == 0
    missed = {target["name"]: target["met"] for target in told["targets"]}
    assert not missed["products that are flagged"]


def test_a_bundle_without_a_limit_is_refused(data: Path, tiny: Bundle, tmp_path: Path) -> None:
    bundle = write_watchful(tiny, tmp_path / "bundle")
    unlimited = bundle.spec.model_copy(update={"stranger_below": None})
    written = write_bundle(tmp_path / "unlimited", spec=unlimited, onnx=bundle.read_weights(), card="")
    with pytest.raises(UsageError, match="it has no limit"):
        run(Setting(written.path, data, threads=1, say=lambda line: None))
