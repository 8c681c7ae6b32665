"""How familiar a picture looks: an output of a bundle's graph that gives pictures of no fashion product away.

Two things are told together. Products lie near others of their kind, so the similarity to the nearest labelled training
item is high (nearest neighbours: Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors", arXiv
2204.06507). And what a network sees in products lies mostly along a part of the directions that its features have, so
that little of the features lies outside (the residual of Wang et al. 2022, "ViM: Out-Of-Distribution with Virtual-logit
Matching", arXiv 2203.10807).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from modiste.runtime import FAMILIARITY
from modiste.training.bundle_graph import find_features

__all__ = ["FeatureDirections", "attach_familiarity", "find_directions"]

# Chosen for the shipped tagger, by the kinds of strangers that results/strangers.md names as those for choosing.
_SHARE: Final = Fraction(2, 5)  # directions for each feature: .94 of the variance
_WEIGHT: Final = 4.0  # of what lies outside, against the similarity
_DRAWN: Final = 0.25  # of the drawn products, beside the pictures: with .1, half as many again are taken for none
_LEVELS: Final = 127
_SMALLEST: Final = 1e-12
_PREFIX: Final = "familiarity."


@dataclass(frozen=True)
class FeatureDirections:
    """The principal directions of the features of training pictures, as whole numbers.

    Args:
        codes: int8 [features, directions]; each direction is scaled so that its largest number is 127.
        scales: float32 [directions], what one step of each direction's codes is worth: each is of unit length.
    """

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]


def find_directions(features: NDArray[np.float32], drawn: NDArray[np.float32] | None = None) -> FeatureDirections:
    """Return the directions that hold most of the features of training pictures.

    Args:
        features: [pictures, features].
        drawn: float32 [drawings, features] of drawn products, which are products too; together they count a quarter
            as much as the pictures together.

    Returns:
        Two directions for five features, at least one.
    """
    # Not centred, as the labelled neighbours' table.
    spread = _mean_square(features) if drawn is None else _mean_square(features) + _DRAWN * _mean_square(drawn)
    _, vectors = np.linalg.eigh(spread)
    kept = vectors[:, ::-1][:, : max(1, int(features.shape[1] * _SHARE))]
    codes = np.rint(kept * _LEVELS / np.abs(kept).max(axis=0)).astype(np.int8)
    lengths = np.linalg.norm(codes.astype(np.float64), axis=0)
    return FeatureDirections(codes, (1 / lengths).astype(np.float32))


def _mean_square(features: NDArray[np.float32]) -> NDArray[np.float64]:
    square: NDArray[np.float64] = features.T.astype(np.float64) @ features / len(features)
    return square


def attach_familiarity(graph: bytes, directions: FeatureDirections) -> bytes:
    """Return a bundle's graph with one more output, ``familiarity`` float32 [n]; all others stay as they are.

    The familiarity of a picture is ``similarity - 4 * outside``: the similarity is that to the nearest training item
    where the graph has labelled neighbours, else 0; ``outside`` in [0, 1] is the length of what of its features lies
    outside the directions, as a share of their length.

    Args:
        graph: A graph that modiste exported.
        directions: Of its features.

    Raises:
        ExportError: The graph was not exported by modiste.
    """
    model = onnx.load_from_string(graph)
    outside = _append_outside(model.graph, find_features(model.graph), directions)
    nearest = next((node for node in model.graph.node if node.op_type == "TopK"), None)
    if nearest is None:
        _append(model.graph, "Neg", [outside], FAMILIARITY)
    else:
        axis = _keep(model.graph, "neighbours", np.array([1], np.int64))
        _append(model.graph, "ReduceMax", [nearest.output[0], axis], f"{_PREFIX}similarity", keepdims=0)
        _append(model.graph, "Sub", [f"{_PREFIX}similarity", outside], FAMILIARITY)
    model.graph.output.append(helper.make_tensor_value_info(FAMILIARITY, TensorProto.FLOAT, ["n"]))
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _append_outside(graph: onnx.GraphProto, features: str, directions: FeatureDirections) -> str:
    """Add the weighted share of the features that lies outside, and return its name [n]."""
    codes, scales = _keep(graph, "codes", directions.codes), _keep(graph, "scales", directions.scales)
    axis, one = _keep(graph, "axis", np.array([1], np.int64)), _keep(graph, "one", np.array(1, np.float32))
    smallest = _keep(graph, "smallest", np.array(_SMALLEST, np.float32))
    nothing = _keep(graph, "nothing", np.array(0, np.float32))
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Cast", [codes], "widened", {"to": TensorProto.FLOAT}),
        ("MatMul", [features, f"{_PREFIX}widened"], "steps", {}),
        ("Mul", [f"{_PREFIX}steps", scales], "along", {}),
        ("ReduceSumSquare", [f"{_PREFIX}along", axis], "inside", {"keepdims": 0}),
        ("ReduceSumSquare", [features, axis], "square", {"keepdims": 0}),
        ("Max", [f"{_PREFIX}square", smallest], "whole", {}),
        ("Div", [f"{_PREFIX}inside", f"{_PREFIX}whole"], "held", {}),
        ("Sub", [one, f"{_PREFIX}held"], "left", {}),
        ("Max", [f"{_PREFIX}left", nothing], "bounded", {}),
        ("Sqrt", [f"{_PREFIX}bounded"], "share", {}),
        ("Mul", [f"{_PREFIX}share", _keep(graph, "weight", np.array(_WEIGHT, np.float32))], "outside", {}),
    ]
    for kind, inputs, output, attributes in steps:
        _append(graph, kind, inputs, f"{_PREFIX}{output}", **attributes)
    return f"{_PREFIX}outside"


def _append(graph: onnx.GraphProto, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
    graph.node.append(helper.make_node(kind, inputs, [output], name=f"{output}.node", **attributes))


def _keep(graph: onnx.GraphProto, name: str, values: np.ndarray) -> str:
    graph.initializer.append(numpy_helper.from_array(values, f"{_PREFIX}{name}"))
    return f"{_PREFIX}{name}"
