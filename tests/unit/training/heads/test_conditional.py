"""Conditional heads: a child's logits get its parent's probabilities; the true parent in training."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from modiste.errors import RecipeError  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.heads import ConditionalHeads, LinearHeads  # noqa: E402

TAXONOMY = Taxonomy(
    (
        Field("tags", "multi", ("x", "y", "z")),
        Field("category", "single", ("shoes", "bags")),
        Field("kind", "single", ("heel", "flat", "purse"), parent="category"),
    )
)
LEVELS = (("category",), ("kind",), ("tags",))
CATEGORY, KIND, TAGS = slice(3, 5), slice(5, 8), slice(0, 3)


def make_heads(levels: Any = LEVELS) -> ConditionalHeads:
    torch.manual_seed(0)
    heads = ConditionalHeads(4, TAXONOMY, levels=levels, embedding=8, dropout=0.0, scale=16.0)
    for matrix in heads.conditions:
        torch.nn.init.normal_(matrix.weight)
    return heads.eval()


def label(category: int | None, kind: int | None) -> Any:
    row = torch.zeros(1, 8)
    for columns, value in ((CATEGORY, category), (KIND, kind)):
        if value is not None:
            row[0, columns.start + value] = 1
    return row


def test_predictions_are_passed_down_level_by_level() -> None:
    heads, features = make_heads(), torch.randn(6, 4)
    own = heads.classify(features)
    category = own[:, CATEGORY]
    kind = own[:, KIND] + category.softmax(1) @ heads.conditions[0].weight.T
    tags = own[:, TAGS] + kind.softmax(1) @ heads.conditions[1].weight.T
    torch.testing.assert_close(heads(features).logits, torch.cat([tags, category, kind], dim=1))


def test_the_true_parent_is_what_a_child_learns_with() -> None:
    heads, features = make_heads(), torch.randn(1, 4)
    own = heads.classify(features)
    logits = heads(features, label(1, 2)).logits
    torch.testing.assert_close(logits[:, CATEGORY], own[:, CATEGORY])
    torch.testing.assert_close(logits[:, KIND], own[:, KIND] + heads.conditions[0].weight[:, 1])
    torch.testing.assert_close(logits[:, TAGS], own[:, TAGS] + heads.conditions[1].weight[:, 2])


def test_an_unknown_parent_is_predicted_in_training_too() -> None:
    heads, features = make_heads(), torch.randn(1, 4)
    torch.testing.assert_close(heads(features, label(None, None)).logits, heads(features).logits)
    assert not torch.allclose(heads(features, label(0, None)).logits, heads(features).logits)


def test_a_child_never_changes_its_parent() -> None:
    heads, features = make_heads(), torch.randn(1, 4)
    said = [heads(features, label(None, kind)).logits[:, CATEGORY] for kind in (0, 1, 2)]
    assert torch.equal(said[0], said[1])
    assert torch.equal(said[0], said[2])


def test_they_begin_as_flat_heads_do() -> None:
    torch.manual_seed(3)
    fresh = ConditionalHeads(4, TAXONOMY, levels=LEVELS, embedding=8, dropout=0.0, scale=16.0).eval()
    torch.manual_seed(3)
    flat = LinearHeads(4, 8, embedding=8, dropout=0.0, scale=16.0).eval()
    features = torch.randn(5, 4)
    torch.testing.assert_close(fresh(features).logits, flat(features).logits)


def test_several_fields_of_a_level_are_told_together() -> None:
    heads = make_heads((("category",), ("kind", "tags")))
    assert [tuple(matrix.weight.shape) for matrix in heads.conditions] == [(6, 2)]
    assert heads(torch.randn(2, 4)).logits.shape == (2, 8)


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        ((("category",), ("kind",)), "missing: tags; not learnt: none"),
        ((("category",), ("kind",), ("tags", "colour")), "missing: none; not learnt: colour"),
        ((("tags",), ("category",), ("kind",)), "tags has many values"),
    ],
)
def test_levels_that_do_not_fit_are_refused(levels: Any, text: str) -> None:
    with pytest.raises(RecipeError, match=text):
        make_heads(levels)
