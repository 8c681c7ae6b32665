"""A bundle's trunk as a torch network again: its ONNX graph holds every weight, with the norms folded into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from modiste.bundle import Bundle
from modiste.errors import ExportError, RecipeError
from modiste.imaging import Preprocessing
from modiste.training.features import compute_features
from modiste.training.inputs import iterate_inputs
from modiste.training.quantisation import dequantise_graph, is_quantised
from modiste.training.trunks import OWN_TRUNKS, WEIGHT_PACKAGES, build_trunk

__all__ = ["RecoveredTrunk", "read_layer", "recover_trunk"]

_TRUNK: Final = "network.trunk."
_FOLDED: Final = "_bias"  # how the exporter calls the bias that a convolution gets from the norm behind it
_CLOSE: Final = 1e-3  # of the features, relative to their largest
_CLOSE_IN_INTEGERS: Final = 0.15  # the same where the bundle rounds and the trunk does not; three times what ships has
_BATCH: Final = 64
_MEASURED: Final = 512


class RecoveredTrunk(NamedTuple):
    """A trunk, its name, and how far its features are from those of the bundle's graph, relative to the largest."""

    name: str
    trunk: nn.Module
    difference: float


def recover_trunk(bundle: Bundle, pixels: NDArray[np.uint8]) -> RecoveredTrunk:
    """Build a bundle's trunk from the weights in its graph.

    The exporter folds each norm into the convolution before it. Here the norm gets the statistics of the pictures
    given, and the scale and shift that undo them: at evaluation nothing changes, and in training the norm works as it
    should. Of a bundle that computes in integers, the weights are those that it has rounded.

    Args:
        bundle: A bundle that modiste exported.
        pixels: uint8 [n, height, width, 3], prepared pictures such as it is to learn from; at most 512 are looked at.

    Raises:
        ExportError: Its trunk is none that modiste knows, or the features differ from the graph's.
    """
    content = bundle.read_weights()
    rounded = is_quantised(content)
    weights = _read_weights(onnx.load_from_string(dequantise_graph(content) if rounded else content).graph)
    for name in _list_candidates(bundle):
        trunk = _build(name)
        if trunk is not None and _fill(trunk, weights, bundle.preprocessing):
            break
    else:
        raise ExportError(
            f"the network of {bundle.path} can't be taken up: its weights fit none of the trunks "
            f"{', '.join(_list_candidates(bundle))}. Start from the training run: --from RUN"
        )
    few = pixels[:_MEASURED]
    _measure_norms(trunk, few, bundle.preprocessing)
    features = compute_features(bundle, few, np.arange(len(few)))
    difference = float(np.abs(_run(trunk, few, bundle.preprocessing) - features).max() / np.abs(features).max())
    close = _CLOSE_IN_INTEGERS if rounded else _CLOSE
    if not difference <= close:
        raise ExportError(
            f"the network taken out of {bundle.path} as {name} differs by {difference:.2g} from the bundle; at most "
            f"{close:g} is allowed. Start from the training run: --from RUN"
        )
    return RecoveredTrunk(name, trunk, difference)


def read_layer(bundle: Bundle, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return weight and bias of a linear layer of a bundle's heads; None where its graph has no such layer.

    Args:
        bundle: The bundle.
        name: Such as ``"network.heads.embed"``; a weight that is kept in half precision is read, too.
    """
    found = {entry.name: entry for entry in onnx.load_from_string(bundle.read_weights()).graph.initializer}
    weight, bias = found.get(f"{name}.weight", found.get(f"{name}.weight.half")), found.get(f"{name}.bias")
    if weight is None or bias is None:
        return None
    return _to_floats(weight), _to_floats(bias)


def _list_candidates(bundle: Bundle) -> list[str]:
    """Return the names of trunks it may be: what the bundle says, or those that modiste knows."""
    notes: Any = bundle.spec.training
    while isinstance(notes, dict):
        if isinstance(notes.get("trunk"), str):
            return [notes["trunk"]]
        notes = notes.get("before")
    return [*WEIGHT_PACKAGES, *OWN_TRUNKS]


def _build(name: str) -> nn.Module | None:
    try:
        return build_trunk(name, weights="none").eval()
    except RecipeError:
        return None  # a bundle from elsewhere may name a trunk that this timm does not have


def _read_weights(graph: onnx.GraphProto) -> dict[str, Tensor]:
    return {
        entry.name.removeprefix(_TRUNK): torch.from_numpy(_to_floats(entry))
        for entry in graph.initializer
        if entry.name.startswith(_TRUNK)
    }


def _to_floats(entry: onnx.TensorProto) -> NDArray[np.float32]:
    return np.array(numpy_helper.to_array(entry), dtype=np.float32)


def _fill(trunk: nn.Module, weights: Mapping[str, Tensor], numbers: Preprocessing) -> bool:
    """Fill a trunk; whether every weight was there, of its shape."""
    modules = dict(trunk.named_modules())
    state: dict[str, Tensor] = {}
    for layer, norm in _pair_norms(trunk, numbers):
        folded = weights.get(f"{layer}.weight{_FOLDED}", weights.get(f"{layer}.bias"))
        if folded is None or f"{norm}.weight" in weights:
            continue
        state |= _undo(modules[norm], norm, folded)
        if f"{layer}.bias" in trunk.state_dict():
            state[f"{layer}.bias"] = torch.zeros_like(folded)
    own = trunk.state_dict()
    state |= {name: weights[name] for name in own if name in weights and name not in state}
    state |= {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}
    if state.keys() != own.keys() or any(state[name].shape != value.shape for name, value in own.items()):
        return False
    trunk.load_state_dict(state)
    return True


def _undo(norm: nn.Module, name: str, bias: Tensor) -> dict[str, Tensor]:
    """Return the state of a norm that only adds a bias."""
    ones, eps = torch.ones_like(bias), float(norm.eps)  # type: ignore[arg-type]
    return {
        f"{name}.running_mean": torch.zeros_like(bias),
        f"{name}.running_var": ones,
        f"{name}.weight": (ones + eps).sqrt(),
        f"{name}.bias": bias,
    }


def _pair_norms(trunk: nn.Module, numbers: Preprocessing) -> list[tuple[str, str]]:
    """Return each layer with the norm that its output goes into, found by watching one picture pass."""
    names = {id(module): name for name, module in trunk.named_modules()}
    outputs: list[tuple[Tensor, str]] = []  # held, so that no two outputs ever have the same id
    pairs: list[tuple[str, str]] = []

    def note(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        outputs.append((output, names[id(module)]))

    def match(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        found = [name for output, name in outputs if output is given[0]]
        pairs.extend((name, names[id(module)]) for name in found)

    hooks = [module.register_forward_hook(note) for module in trunk.modules() if isinstance(module, nn.Conv2d)]
    hooks += [module.register_forward_pre_hook(match) for module in _list_norms(trunk)]
    try:
        with torch.inference_mode():
            trunk(torch.zeros(1, 3, numbers.height, numbers.width))
    finally:
        for hook in hooks:
            hook.remove()
    return pairs


def _measure_norms(trunk: nn.Module, pixels: NDArray[np.uint8], numbers: Preprocessing) -> None:
    """Give every norm the statistics of some pictures, and the scale and shift with which it does what it did."""
    sums: dict[nn.Module, list[Tensor]] = {norm: [] for norm in _list_norms(trunk)}

    def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        values = given[0].double()
        rows = values.transpose(0, 1).flatten(1)  # [channels, all places]
        count = torch.full_like(rows[:, 0], rows.shape[1])
        sums[module].append(torch.stack([count, rows.sum(dim=1), rows.square().sum(dim=1)]))

    hooks = [norm.register_forward_pre_hook(note) for norm in sums]
    try:
        _run(trunk, pixels, numbers)
    finally:
        for hook in hooks:
            hook.remove()
    for norm, parts in sums.items():
        count, total, squares = torch.stack(parts).sum(dim=0)
        mean = total / count
        _renorm(norm, mean.float(), (squares / count - mean.square()).clamp(min=0).float())


def _renorm(norm: Any, mean: Tensor, variance: Tensor) -> None:
    with torch.no_grad():
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        shift = norm.bias - norm.running_mean * scale
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(scale * (variance + norm.eps).sqrt())
        norm.bias.copy_(shift + scale * mean)


def _list_norms(trunk: nn.Module) -> Iterator[nn.Module]:
    return (module for module in trunk.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm))


def _run(trunk: nn.Module, pixels: NDArray[np.uint8], numbers: Preprocessing) -> NDArray[np.float32]:
    with torch.inference_mode():
        return np.concatenate([trunk(values).numpy() for values in iterate_inputs(pixels, numbers, batch=_BATCH)])
