"""Joint decoding against brute force over all combinations of values."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modiste.bundle import Bundle
from modiste.errors import BundleError
from modiste.runtime import Hierarchy, decode_jointly
from modiste.taxonomy import Field, Taxonomy


@st.composite
def forests(draw: st.DrawFn) -> Taxonomy:
    """One to five fields, each with one to four values, nested at random; some values may stand under anything."""
    fields: list[Field] = []
    for position in range(draw(st.integers(1, 5))):
        values = tuple("abcd"[: draw(st.integers(1, 4))])
        parent = draw(st.sampled_from([None, *fields])) if fields else None
        allowed = {}
        if parent is not None:
            nested = draw(st.lists(st.sampled_from(values), unique=True))
            allowed = {
                value: tuple(draw(st.lists(st.sampled_from(parent.values), unique=True, min_size=1)))
                for value in nested
            }
        fields.append(Field(f"f{position}", "single", values, parent.name if parent else None, allowed))
    return Taxonomy(tuple(fields))


def list_consistent(taxonomy: Taxonomy) -> list[tuple[int, ...]]:
    names = list(taxonomy.names)
    found = []
    for combination in product(*(range(len(field)) for field in taxonomy)):
        for field, position in zip(taxonomy, combination, strict=True):
            value = field.values[position]
            if field.parent is not None and value in field.allowed:
                parent = taxonomy[field.parent]
                if parent.values[combination[names.index(parent.name)]] not in field.allowed[value]:
                    break
        else:
            found.append(combination)
    return found


@settings(deadline=None)
@given(taxonomy=forests(), seed=st.integers(0, 2**32 - 1))
def test_decoding_equals_brute_force(taxonomy: Taxonomy, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = {field.name: random.dirichlet(np.full(len(field), 0.3), 3) for field in taxonomy}
    consistent = list_consistent(taxonomy)
    assume(consistent)
    decoding = decode_jointly(taxonomy, scores)
    for row in range(3):
        clipped = [np.maximum(scores[name][row], 1e-30) for name in taxonomy.names]
        joint = np.array(
            [np.prod([field[at] for field, at in zip(clipped, combination, strict=True)]) for combination in consistent]
        )
        chosen = tuple(int(decoding.choices[name][row]) for name in taxonomy.names)
        assert chosen in consistent
        assert joint[consistent.index(chosen)] == pytest.approx(joint.max(), rel=1e-9)
        for position, name in enumerate(taxonomy.names):
            marginal = np.zeros(len(taxonomy[name]))
            for combination, mass in zip(consistent, joint / joint.sum(), strict=True):
                marginal[combination[position]] += mass
            np.testing.assert_allclose(decoding.probabilities[name][row], marginal, atol=1e-9)
            assert decoding.confidence[name][row] == pytest.approx(marginal[chosen[position]], abs=1e-9)


@settings(deadline=None)
@given(taxonomy=forests())
def test_a_taxonomy_without_consistent_answers_is_refused(taxonomy: Taxonomy) -> None:
    if list_consistent(taxonomy):
        Hierarchy(taxonomy)
    else:
        with pytest.raises(BundleError, match="agrees with the fields below it"):
            Hierarchy(taxonomy)


def test_zeros_and_contradictions_still_give_an_answer() -> None:
    kind = Field("kind", "single", ("Bags", "Shoes"))
    article = Field("article", "single", ("Heels", "Tote"), "kind", {"Heels": ("Shoes",), "Tote": ("Bags",)})
    scores = {"kind": np.array([[1.0, 0.0]]), "article": np.array([[1.0, 0.0]])}
    decoding = decode_jointly(Taxonomy((kind, article)), scores)
    assert decoding.choices["kind"][0] == 1 - decoding.choices["article"][0]
    assert np.isfinite(decoding.probabilities["kind"]).all()


def test_a_wide_tree_does_not_underflow() -> None:
    top = Field("top", "single", ("a", "b"))
    below = [Field(f"f{i}", "single", ("x", "y"), "top", {"x": ("a",), "y": ("b",)}) for i in range(40)]
    scores = {"top": np.array([[0.5, 0.5]])} | {field.name: np.array([[1e-25, 1.0]]) for field in below}
    decoding = decode_jointly(Taxonomy((top, *below)), scores)
    assert decoding.choices["top"][0] == 1
    assert decoding.confidence["top"][0] == pytest.approx(1)


def test_multi_fields_pass_through_and_order_is_kept() -> None:
    taxonomy = Taxonomy((Field("m", "multi", ("x", "y")), Field("s", "single", ("a", "b"))))
    decoding = decode_jointly(taxonomy, {"m": np.array([[0.9, 0.8]]), "s": np.array([[0.2, 0.8]])})
    assert list(decoding.probabilities) == ["m", "s"]
    assert list(decoding.choices) == ["s"]
    np.testing.assert_array_equal(decoding.probabilities["m"], [[0.9, 0.8]])


def test_no_pictures_give_no_answers(tiny: Bundle) -> None:
    scores = {field.name: np.zeros((0, len(field))) for field in tiny.taxonomy}
    assert decode_jointly(tiny.taxonomy, scores).confidence["article"].shape == (0,)
