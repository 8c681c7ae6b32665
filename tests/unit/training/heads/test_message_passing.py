"""The message passing block computes what the paper's figure says, with as many parameters as were published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.heads import MessagePassing, MessagePassingHeads  # noqa: E402

PUBLISHED = 46_915_690
KERAS_RESNET_50 = 23_587_712  # without its classifier, with the statistics of its norms
LEVELS = (("category",), ("kind",), ("attributes",))


def make_taxonomy(*sizes: int) -> Taxonomy:
    kinds = ("single", "single", "multi")
    names = [level[0] for level in LEVELS]
    return Taxonomy(
        tuple(
            Field(name, kind, tuple(f"{name}{at}" for at in range(size)))  # type: ignore[arg-type]
            for name, kind, size in zip(names, kinds, sizes, strict=True)
        )
    )


def make_heads(features: int, width: int, *sizes: int, dropout: float = 0.3) -> MessagePassingHeads:
    torch.manual_seed(0)
    taxonomy = make_taxonomy(*sizes)
    return MessagePassingHeads(features, taxonomy, levels=LEVELS, width=width, embedding=8, dropout=dropout, scale=16.0)


def count(*modules: Any) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def test_branches_block_and_outputs_have_the_published_number_of_parameters() -> None:
    heads = make_heads(2048, 1024, 45, 142, 47)  # 234 outputs, however they are shared out
    assert count(heads.branches) == 6_294_528
    assert count(heads.block) == 16_793_600
    assert count(heads.outputs) == 234 * 1025
    ours = count(heads.branches, heads.block, heads.outputs)
    assert ours == 23_327_978
    assert ours + KERAS_RESNET_50 == PUBLISHED


def test_timm_and_keras_count_the_same_resnet_50() -> None:
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        trunk = timm.create_model("resnet50", num_classes=0)
    assert count(trunk) == 23_508_032
    channels = sum(module.num_features for module in trunk.modules() if isinstance(module, torch.nn.BatchNorm2d))
    # Keras also counts what its norms measure, and gives every convolution a bias.
    assert count(trunk) + 2 * channels + channels == KERAS_RESNET_50


def test_the_block_has_sixteen_dense_layers_and_dropout_after_the_final_ones() -> None:
    block = MessagePassing(3, 8, 0.3)
    assert sum(isinstance(module, torch.nn.Linear) for module in block.modules()) == 16
    vectors = [torch.rand(400, 8) for _ in range(3)]
    for layer in (*block.down.final, *block.up.final):
        torch.nn.init.zeros_(layer[0].weight)
        torch.nn.init.ones_(layer[0].bias)  # nothing is zero but for dropout
    torch.manual_seed(0)
    dropped = block.train()(vectors)
    # A vector is the sum of two final layers: it is zero where both of them are dropped.
    for vector in dropped:
        assert float((vector == 0).float().mean()) == pytest.approx(0.3**2, abs=0.03)
    assert all(bool((vector > 0).any()) for vector in block.eval()(vectors))


def dense(layer: Any, given: np.ndarray) -> np.ndarray:
    weight, bias = (part.detach().numpy().astype(np.float64) for part in (layer[0].weight, layer[0].bias))
    return np.maximum(given @ weight.T + bias, 0)


def test_the_block_computes_what_the_figure_shows() -> None:
    """The two passes written out, layer by layer, as the published drawing numbers them."""
    torch.manual_seed(1)
    block = MessagePassing(3, 6, 0.3).eval()
    category, kind, attributes = (np.random.default_rng(at).random((5, 6)) for at in range(3))
    down, up = block.down, block.up
    category_down = dense(down.final[0], dense(down.own[0], category))
    kind_down = dense(down.final[1], dense(down.own[1], kind) + dense(down.messages[0], category_down))
    attributes_down = dense(down.final[2], dense(down.own[2], attributes) + dense(down.messages[1], category_down))
    attributes_up = dense(up.final[2], dense(up.own[2], attributes))
    kind_up = dense(up.final[1], dense(up.own[1], kind))
    told = dense(up.messages[0], kind_up) + dense(up.messages[1], attributes_up)
    category_up = dense(up.final[0], dense(up.own[0], category) + told)
    expected = (category_down + category_up, kind_down + kind_up, attributes_down + attributes_up)
    with torch.inference_mode():
        found = block([torch.tensor(part, dtype=torch.float32) for part in (category, kind, attributes)])
    assert all(part.any() for part in expected)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4, atol=1e-6)


def test_every_level_depends_on_the_branches_that_messages_reach_it_from() -> None:
    torch.manual_seed(2)
    block = MessagePassing(3, 16, 0.0).eval()
    branches = [torch.rand(1, 16, requires_grad=True) for _ in range(3)]
    reached = []
    for vector in block(branches):
        gradients = torch.autograd.grad(vector.sum(), branches, retain_graph=True, allow_unused=True)
        reached.append([gradient is not None and bool(gradient.any()) for gradient in gradients])
    # The first level hears of all; each of the others hears of the first, and not of its sister.
    assert reached == [[True, True, True], [True, True, False], [True, False, True]]


def test_logits_stand_in_the_order_of_the_taxonomy() -> None:
    taxonomy = Taxonomy(tuple(reversed(make_taxonomy(2, 3, 4).fields)))
    torch.manual_seed(0)
    heads = MessagePassingHeads(5, taxonomy, levels=LEVELS, width=4, embedding=8, dropout=0.3, scale=16.0).eval()
    features = torch.rand(7, 5)
    output = heads(features)
    assert output.logits.shape == (7, 9)
    vectors = heads.block([branch(features) for branch in heads.branches])
    torch.testing.assert_close(output.logits[:, :4], heads.outputs[0](vectors[2]))
    torch.testing.assert_close(output.logits[:, 7:], heads.outputs[2](vectors[0]))


def test_two_fields_may_share_a_level() -> None:
    taxonomy = make_taxonomy(2, 3, 4)
    levels = (("category",), ("kind", "attributes"))
    heads = MessagePassingHeads(5, taxonomy, levels=levels, width=4, embedding=8, dropout=0.3, scale=16.0)
    assert len(heads.branches) == 2
    assert heads(torch.rand(3, 5)).logits.shape == (3, 9)


def test_the_price_is_that_of_the_dense_weights_alone() -> None:
    heads = make_heads(5, 4, 2, 3, 4)
    paid = [value for name, value in heads.named_parameters() if name.endswith("weight") and "embed" not in name]
    assert len(paid) == 3 + 16 + 3
    expected = sum(float((value.detach().double() ** 2).sum()) for value in paid)
    assert float(heads.sum_squares().detach()) == pytest.approx(expected, rel=1e-5)
