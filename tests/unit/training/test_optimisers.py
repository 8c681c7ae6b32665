"""Which parameters learn at which rate."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from modiste.errors import RecipeError  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.network import build_network  # noqa: E402
from modiste.training.optimisers import build_optimiser, freeze_blocks, group_parameters, schedule_rate  # noqa: E402
from modiste.training.recipe import Recipe, StageRecipe  # noqa: E402
from modiste.training.trunks import list_trunk_blocks  # noqa: E402

TAXONOMY = Taxonomy((Field("type", "single", ("a", "b")),))


@pytest.fixture(params=["test_efficientnet", "test_resnet", "test_vit"])
def network(request: pytest.FixtureRequest) -> Any:
    trunk = {"name": request.param, "weights": "none"}
    return build_network(Recipe.model_validate({"name": "x", "trunk": trunk, "stages": [{"name": "s"}]}), TAXONOMY)


def test_every_parameter_is_in_exactly_one_group(network: Any) -> None:
    groups = group_parameters(network, StageRecipe(name="s", rate_decay=0.5))
    grouped = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in network.parameters())


def test_blocks_name_every_trunk_parameter_once(network: Any) -> None:
    names = [name for block in list_trunk_blocks(network.trunk) for name in block]
    assert sorted(names) == sorted(name for name, _ in network.trunk.named_parameters())


def test_rates_and_decays_fall_with_depth(network: Any) -> None:
    stage = StageRecipe(name="s", rate=1.0, trunk_rate=0.5, rate_decay=0.5, weight_decay=0.1, weight_decay_factor=2.0)
    groups = {group["name"]: group for group in group_parameters(network, stage)}
    top = len(list_trunk_blocks(network.trunk)) - 1
    assert groups["heads"]["lr"] == 1.0
    for depth in range(top + 1):
        for name in (f"block{top - depth}", f"block{top - depth}.norms"):
            if name in groups:
                assert groups[name]["lr"] == pytest.approx(0.5 * 0.5**depth)
                expected = 0.0 if name.endswith("norms") else 0.1 * 2.0**depth
                assert groups[name]["weight_decay"] == pytest.approx(expected)


def test_norms_and_biases_are_not_decayed(network: Any) -> None:
    for group in group_parameters(network, StageRecipe(name="s")):
        for parameter in group["params"]:
            assert (group["weight_decay"] == 0) == (parameter.ndim <= 1)


def test_frozen_blocks_are_in_no_group(network: Any) -> None:
    stage = StageRecipe(name="s", frozen=1)
    freeze_blocks(network, stage)
    lowest = set(list_trunk_blocks(network.trunk)[0])
    frozen = {name for name, parameter in network.trunk.named_parameters() if not parameter.requires_grad}
    assert frozen == lowest
    grouped = {id(parameter) for group in group_parameters(network, stage) for parameter in group["params"]}
    assert not grouped & {id(p) for n, p in network.trunk.named_parameters() if n in frozen}
    freeze_blocks(network, StageRecipe(name="s"))
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_more_frozen_blocks_than_there_are_is_refused(network: Any) -> None:
    with pytest.raises(RecipeError, match=r"frozen = 99 in stage 's': the trunk has \d+ blocks"):
        freeze_blocks(network, StageRecipe(name="s", frozen=99))


def test_both_optimisers_can_be_built(network: Any) -> None:
    assert isinstance(build_optimiser(network, StageRecipe(name="s", optimiser="sgd")), torch.optim.SGD)
    assert isinstance(build_optimiser(network, StageRecipe(name="s")), torch.optim.AdamW)


@given(
    st.sampled_from(["one_cycle", "cosine", "constant"]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_factors_lie_between_a_hundredth_and_one(schedule: Any, warmup: float, progress: float) -> None:
    stage = StageRecipe(name="s", schedule=schedule, warmup=warmup)
    assert 0.01 - 1e-12 <= schedule_rate(stage, progress) <= 1 + 1e-12


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "constant"])
def test_the_highest_rate_is_reached_after_the_warm_up(schedule: Any) -> None:
    stage = StageRecipe(name="s", schedule=schedule, warmup=0.25)
    rising = [schedule_rate(stage, step / 100) for step in range(26)]
    falling = [schedule_rate(stage, step / 100) for step in range(25, 101)]
    assert rising == sorted(rising)
    assert rising[0] == pytest.approx(0.01)
    assert rising[-1] == pytest.approx(1.0)
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == pytest.approx(1.0 if schedule == "constant" else 0.01)
