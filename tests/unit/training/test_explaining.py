"""An explanation says what the training does: its sizes, its groups of parameters and its rates, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image

from modiste.cli.main import main
from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.training import Recipe, find_recipe, load_recipe
from modiste.training.explaining import (
    explain_recipe,
    render_explanation_page,
    summarise,
    write_explanation_figures,
)
from modiste.training.network import build_network
from modiste.training.optimisers import freeze_blocks, group_parameters, schedule_rate

HOSTILE = "</style><script>alert(1)</script>"


def make_recipe(**parts: Any) -> Recipe:
    size = {"height": 40, "width": 30, "batch_size": 8}
    stages = [
        size | {"name": "heads", "frozen": "trunk", "epochs": 1, "rate": 1e-2},
        size | {"name": "some", "frozen": 2, "epochs": 2, "rate": 1e-3, "trunk_rate": 5e-4, "rate_decay": 0.5},
        size | {"name": "larger", "height": 60, "width": 48, "epochs": 3, "weight_decay": 0.1},
    ]
    given: dict[str, Any] = {
        "name": "tiny",
        "trunk": {"name": "test_efficientnet", "weights": "none"},
        "stages": stages,
    }
    return Recipe.model_validate(given | parts)


def test_the_steps_are_what_the_network_gets(squares: Manifest, tmp_path: Path) -> None:
    found = explain_recipe(make_recipe(), tmp_path, squares)
    read, small, changed, normalised, large, *_ = found.steps
    assert read.pictures[0].shape == (40, 30, 3)
    np.testing.assert_array_equal(read.pictures[0], np.asarray(Image.open(squares.items["image"][0])))
    np.testing.assert_array_equal(small.pictures[0], read.pictures[0])  # it has that size already
    assert (small.name, large.name) == ("resized for heads, some", "resized for larger")
    assert len(changed.pictures) == 6 and len({picture.tobytes() for picture in changed.pictures}) == 6
    assert changed.name == "changed at random for some"  # the frozen stage learns from pictures as they are
    assert large.pictures[0].shape == (60, 48, 3)
    red = (read.pictures[0][..., 0].astype(float) - 127) / 128
    assert (
        f"red mean {red.mean():+.2f}, spread {red.std():.2f}, {red.min():+.2f} to {red.max():+.2f}" in normalised.told
    )


def test_a_box_is_cut_out_first(squares: Manifest, tmp_path: Path) -> None:
    import polars as pl

    boxed = squares.items.with_columns(box=pl.lit([5.0, 10.0, 15.0, 30.0], dtype=pl.List(pl.Float64)))
    steps = explain_recipe(make_recipe(), tmp_path, Manifest(squares.taxonomy, boxed)).steps
    assert steps[1].name == "cropped"
    np.testing.assert_array_equal(steps[1].pictures[0], steps[0].pictures[0][10:40, 5:20])


def test_the_groups_are_those_of_the_optimiser(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe()
    found = explain_recipe(recipe, tmp_path, squares)
    network = build_network(recipe, found.taxonomy)
    total = sum(parameter.numel() for parameter in network.parameters())
    for plan in found.plans:
        freeze_blocks(network, plan.stage)
        learning = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
        assert plan.learning == learning
        assert sum(block.parameters for block in plan.blocks) == total
        rates = {group["highest_rate"] for group in group_parameters(network, plan.stage)}
        assert {block.rate for block in plan.blocks if not block.frozen} == rates
    heads, some, larger = found.plans
    assert [block.name for block in heads.blocks if not block.frozen] == ["heads"]
    assert [block.frozen for block in some.blocks][-2:] == [True, True]
    assert some.blocks[2].rate == some.blocks[1].rate / 2 == 2.5e-4
    assert larger.blocks[0].weight_decay == 0.1
    assert [plan.steps for plan in found.plans] == [36 // 8] * 3


def test_the_curves_are_the_schedule(squares: Manifest, tmp_path: Path) -> None:
    plan = explain_recipe(make_recipe(), tmp_path, squares).plans[1]
    for at in (0, 37, 200):
        factor = schedule_rate(plan.stage, float(plan.curve.epochs[at]) / 2, steps=plan.steps * 2)
        assert plan.curve.rates["heads"][at] == pytest.approx(1e-3 * factor)
        assert plan.curve.rates["highest block"][at] == pytest.approx(5e-4 * factor)
    assert set(plan.curve.rates) == {"heads", "highest block", "lowest learning block"}


def test_the_page_holds_everything_and_escapes_strangers(squares: Manifest, tmp_path: Path) -> None:
    found = explain_recipe(make_recipe(description=HOSTILE), tmp_path, squares, source=HOSTILE)
    page = render_explanation_page(found)
    assert "<script" not in page and not re.search(r"(?:src|href)=[\"\']?(?!#)[a-z]+:", page)
    assert page.count('class="tile') == sum(len(step.pictures) for step in found.steps)
    for name in ("picture", "rates", "stage-heads", "stage-some", "stage-larger", "recipe"):
        assert f'<section id="{name}"' in page
    text = summarise(found)
    assert "## Stage larger" in text and "block 0" in text and "36 training items" in text


@pytest.mark.parametrize("name", ["smoke", "product-tagger"])
def test_without_data_a_garment_is_drawn(name: str) -> None:
    path = find_recipe(name)
    found = explain_recipe(load_recipe(path), path.parent)
    assert found.source == "" and "On a drawn garment" in summarise(found)
    assert found.steps[0].pictures[0].std() > 10  # a garment, not an empty page
    wanted = load_recipe(path).data.fields
    assert set(wanted) <= set(found.taxonomy.names)


def test_figures_are_drawn(squares: Manifest, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    written = write_explanation_figures(tmp_path / "figures", explain_recipe(make_recipe(), tmp_path, squares))
    assert [path.name for path in written] == ["steps.png", "rates.png"]
    assert all(path.stat().st_size > 5_000 for path in written)


def test_unreadable_pictures_are_refused(squares: Manifest, tmp_path: Path) -> None:
    import polars as pl

    gone = Manifest(squares.taxonomy, squares.items.with_columns(image=pl.lit("gone.png")))
    with pytest.raises(UsageError, match="none of the first 50 training pictures can be read"):
        explain_recipe(make_recipe(), tmp_path, gone)


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["train", *words])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_the_command_writes_a_page_and_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("--explain", "smoke") == 0
    told = capsys.readouterr()
    assert "# smoke" in told.out and "open it in a browser" in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["smoke-explained.html"]
    for words, text in (
        (["smoke", "--report", "x.html"], "belong to --explain"),
        (["--explain"], "takes a RECIPE"),
        (["--explain", "smok"], "there is no recipe 'smok'"),
        (["--explain", "smoke", "--report", "no/page.html"], "there is no folder"),
        (["--explain", "--sweep", "x.toml"], "name it instead of --sweep"),
    ):
        assert call(*words) == 2
        assert text in capsys.readouterr().err
