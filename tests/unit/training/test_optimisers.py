"""Which parameters learn at which rate."""

from __future__ import annotations

import math
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


@pytest.mark.parametrize(
    ("given", "kind", "numbers"),
    [
        ({}, "AdamW", {"betas": (0.9, 0.99)}),
        ({"optimiser": "adam"}, "Adam", {"betas": (0.9, 0.999)}),
        ({"optimiser": "rmsprop"}, "RMSprop", {"alpha": 0.9, "momentum": 0.0}),
        ({"optimiser": "rmsprop", "momentum": 0.5}, "RMSprop", {"momentum": 0.5}),
        ({"optimiser": "sgd"}, "SGD", {"momentum": 0.9, "nesterov": True}),
        ({"optimiser": "sgd", "momentum": 0.0}, "SGD", {"momentum": 0.0, "nesterov": False}),
    ],
)
def test_every_optimiser_can_be_built(network: Any, given: dict[str, Any], kind: str, numbers: dict[str, Any]) -> None:
    optimiser = build_optimiser(network, StageRecipe(name="s", **given))
    assert type(optimiser) is getattr(torch.optim, kind)
    assert {name: optimiser.defaults[name] for name in numbers} == numbers


@given(st.integers(1, 400), st.floats(0.5, 1), st.integers(1, 50))
def test_the_exponential_schedule_is_a_factor_every_so_many_steps(steps: int, rate: float, every: int) -> None:
    stage = StageRecipe(name="s", schedule="exponential", decay_rate=rate, decay_steps=every)
    factor, expected = 1.0, []
    for _ in range(steps):  # multiplied a step at a time
        expected.append(factor)
        factor *= rate ** (1 / every)
    seen = [schedule_rate(stage, step / steps, steps=steps) for step in range(steps)]
    assert seen == pytest.approx(expected, rel=1e-9)


def test_the_exponential_schedule_falls_to_nine_tenths_after_ten_thousand_steps() -> None:
    stage = StageRecipe(name="s", schedule="exponential")
    assert schedule_rate(stage, 0.5, steps=20_000) == pytest.approx(0.9)
    with pytest.raises(ValueError, match="counts steps"):
        schedule_rate(stage, 0.5)


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


def test_restarts_fall_along_a_cosine_in_every_cycle() -> None:
    stage = StageRecipe(name="s", schedule="restarts", epochs=14, cycle_length=2, cycle_mult=2)
    steps = 10  # an epoch
    factors = [schedule_rate(stage, step / (14 * steps)) for step in range(14 * steps)]
    naive = []
    for cycle in (2, 4, 8):
        naive += [0.01 + 0.99 * (1 + math.cos(math.pi * step / (cycle * steps))) / 2 for step in range(cycle * steps)]
    assert factors == pytest.approx(naive)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 4), st.integers(1, 97))
def test_every_cycle_begins_at_the_highest_rate(length: int, mult: int, cycles: int, steps: int) -> None:
    lengths = [length * mult**cycle for cycle in range(cycles)]
    options = {"epochs": sum(lengths), "cycle_length": length, "cycle_mult": mult}
    stage = StageRecipe.model_validate({"name": "s", "schedule": "restarts", **options})
    for cycle in range(cycles):
        begin = sum(lengths[:cycle]) * steps
        assert schedule_rate(stage, begin / (sum(lengths) * steps)) == pytest.approx(1.0)
        if begin:
            assert schedule_rate(stage, (begin - 1) / (sum(lengths) * steps)) < 1.0 or lengths[cycle - 1] * steps == 1
