"""Figures: a PNG for everything there is to draw, and a line to type where matplotlib is missing."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from modiste.errors import MissingExtraError, UsageError
from modiste.explore import Exploration, ExploreOptions, explore_manifest
from modiste.explore.figures import check_figures, write_figures
from modiste.manifest import Manifest


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Exploration:
    folder, rng, rows = tmp_path_factory.mktemp("shop"), np.random.default_rng(0), []
    for at in range(24):
        path = folder / f"{at}.png"
        Image.fromarray(rng.integers(0, 256, (16, 12, 3)).astype(np.uint8)).save(path)
        row: dict[str, Any] = {"item_id": str(at), "image": str(path), "source": "flat"}
        row |= {"label.top": f"$t_{at % 2}", "label.low/er": f"服{at % 4}", "split": "test" if at % 3 else "train"}
        rows.append(row)
    return explore_manifest(Manifest.from_rows(rows, parents={"low/er": "top"}), source="shop")


def test_every_subject_is_drawn(found: Exploration, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    paths = write_figures(tmp_path / "new", found)
    names = {path.name for path in paths}
    assert names >= {"counts-top.png", "counts-low-er.png", "cooccurrence-top-low-er.png", "missing.png", "sizes.png"}
    assert names >= {"parts-top.png", "hierarchy-low-er.png", "histograms.png", "classes-top.png", "map-top.png"}
    for path in paths:
        with Image.open(path) as figure:
            assert figure.format == "PNG" and min(figure.size) > 150
    assert sorted(names) == sorted(path.name for path in (tmp_path / "new").iterdir())


def test_names_that_differ_in_odd_letters_only_get_files_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [
        {"item_id": "1", "image": "absent.png", "source": "flat", "label.a/b": "x", "label.a:b": "x", "label.A-b": "x"}
    ]
    manifest = Manifest.from_rows(rows)
    found = explore_manifest(manifest, source="shop", options=ExploreOptions(embeddings=False))
    names = [path.name for path in write_figures(tmp_path, found) if path.name.startswith("counts")]
    assert len({name.casefold() for name in names}) == 3


def test_missing_matplotlib_names_the_line_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *rest: object) -> object:
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError(name=name)
        return real(name)

    real = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(MissingExtraError, match=r"pip install 'modiste\[report\]'"):
        check_figures(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        check_figures(tmp_path / "taken")
