"""Several bundles' graphs as one: what comes out is the mean of the probabilities of all."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from modiste.bundle import Bundle, BundleSpec
from modiste.errors import ExportError
from modiste.runtime import slice_fields
from modiste.taxonomy import Field
from modiste.training.bundle_graph import drop_unused

__all__ = ["join_graphs"]

_INPUT: Final = "pictures"
_PREFIX: Final = "joined."
_AXES_ARE_INPUTS: Final = 18  # from this version of ONNX's operators on


def join_graphs(bundles: Sequence[Bundle]) -> bytes:
    """Return a graph that runs all bundles on its pictures and gives their mean.

    Of a single field the logits are the logarithm of the mean of the softmax of the bundles' own logits, of a multi
    field the logit of the mean of their sigmoids; each bundle's logits are divided by its temperature first, so that
    none drowns the others by being too sure. Both are computed in logarithms: no probability is too small. The
    embedding is all embeddings side by side, at unit length: its cosines are the mean of theirs.

    Args:
        bundles: At least two, of the same fields and preprocessing.

    Raises:
        ExportError: Their graphs were written for different versions of ONNX's operators.
    """
    models = [onnx.load_from_string(bundle.read_weights()) for bundle in bundles]
    opsets = _unite_opsets(models)
    example = copy.deepcopy(models[0].graph.input[0])
    members = [_take_in(model, f"member{at}.") for at, model in enumerate(models)]
    parts = _Parts(members, version=max(entry.version for entry in opsets if not entry.domain))
    specs = [bundle.spec for bundle in bundles]
    names = [parts.add_field(field, columns, specs) for field, columns in _list_fields(specs[0])]
    parts.add("Concat", names, "logits", axis=1)
    parts.add_embedding(len(bundles))
    graph = helper.make_graph(
        [node for member in members for node in member.node] + parts.nodes,
        "joined",
        [example],
        _describe_outputs(specs, example),
        [weight for member in members for weight in member.initializer] + parts.weights,
    )
    drop_unused(graph)  # what told strangers apart: the networks' familiarities are not comparable
    joined = helper.make_model(graph, opset_imports=opsets, ir_version=max(model.ir_version for model in models))
    joined.functions.extend(function for model in models for function in model.functions)
    onnx.checker.check_model(joined)
    content: bytes = joined.SerializeToString(deterministic=True)
    return content


def _unite_opsets(models: Sequence[onnx.ModelProto]) -> list[onnx.OperatorSetIdProto]:
    found: dict[str, int] = {}
    for model in models:
        for entry in model.opset_import:
            if found.setdefault(entry.domain, entry.version) != entry.version:
                raise ExportError(
                    f"the bundles' graphs use the versions {found[entry.domain]} and {entry.version} of ONNX's "
                    f"operators; export them again with one modiste"
                )
    return [helper.make_opsetid(domain, version) for domain, version in found.items()]


def _take_in(model: onnx.ModelProto, prefix: str) -> onnx.GraphProto:
    """Give everything in a graph a name of its own but the pictures, which all networks share."""
    compose.add_prefix(model, prefix, inplace=True)
    for node in model.graph.node:
        node.input[:] = [_INPUT if name == f"{prefix}{_INPUT}" else name for name in node.input]
    return model.graph


def _list_fields(spec: BundleSpec) -> list[tuple[Field, slice]]:
    columns = slice_fields(spec.taxonomy)
    return [(field, columns[field.name]) for field in spec.taxonomy]


def _describe_outputs(specs: Sequence[BundleSpec], example: onnx.ValueInfoProto) -> list[onnx.ValueInfoProto]:
    count = example.type.tensor_type.shape.dim[0].dim_param or "n"
    widths = {"logits": specs[0].number_of_values, "embedding": sum(spec.embedding_size for spec in specs)}
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, [count, width]) for name, width in widths.items()]


class _Parts:
    """The nodes that are added, with their weights; a node's output has the node's name."""

    def __init__(self, members: Sequence[onnx.GraphProto], *, version: int) -> None:
        self._version = version
        self._outputs = [{entry.name.rpartition(".")[2]: entry.name for entry in member.output} for member in members]
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], output: str, **options: Any) -> str:
        """Add a node, and return the name of its output."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=f"{_PREFIX}{output}", **options))
        return output

    def keep(self, name: str, values: np.ndarray) -> str:
        """Add a weight, and return its name."""
        self.weights.append(numpy_helper.from_array(values, f"{_PREFIX}{name}"))
        return f"{_PREFIX}{name}"

    def add_field(self, field: Field, columns: slice, specs: Sequence[BundleSpec]) -> str:
        """Add the mean of a field, and return the name of its logits [n, values]."""
        base = f"{_PREFIX}{columns.start}"
        own = [self._scale(at, columns, spec.temperatures.get(field.name, 1.0)) for at, spec in enumerate(specs)]
        if field.kind == "single":
            return self._mean([self.add("LogSoftmax", [name], f"{name}.log", axis=1) for name in own], base)
        turned = [self.add("Neg", [name], f"{name}.neg") for name in own]
        yes, no = (
            self._mean([self._log_sigmoid(name) for name in names], f"{base}.{side}")
            for side, names in (("yes", own), ("no", turned))
        )
        return self.add("Sub", [yes, no], f"{base}.logit")

    def add_embedding(self, count: int) -> None:
        """Add the embeddings side by side, at unit length."""
        beside = self.add("Concat", [outputs["embedding"] for outputs in self._outputs], f"{_PREFIX}beside", axis=1)
        scale = self.keep("scale", np.array(1 / math.sqrt(count), np.float32))
        self.add("Mul", [beside, scale], "embedding")

    def _scale(self, at: int, columns: slice, temperature: float) -> str:
        base = f"{_PREFIX}{at}.{columns.start}"
        bounds = [
            self.keep(f"{at}.{columns.start}.{name}", np.array([value], np.int64))
            for name, value in (("start", columns.start), ("stop", columns.stop), ("axis", 1))
        ]
        cut = self.add("Slice", [self._outputs[at]["logits"], *bounds], f"{base}.own")
        divisor = self.keep(f"{at}.{columns.start}.temperature", np.array(temperature, np.float32))
        return self.add("Div", [cut, divisor], f"{base}.scaled")

    def _log_sigmoid(self, name: str) -> str:
        # log(sigmoid(x)) = -softplus(-x)
        turned = self.add("Neg", [name], f"{name}.turned")
        soft = self.add("Softplus", [turned], f"{name}.soft")
        return self.add("Neg", [soft], f"{name}.log")

    def _mean(self, names: Sequence[str], base: str) -> str:
        """Add the logarithm of the mean of what these are the logarithms of."""
        axis = self.keep(f"{base}.axis", np.array([2], np.int64))
        tall = [self.add("Unsqueeze", [name, axis], f"{name}.tall") for name in names]  # [n, values, 1] each
        stacked = self.add("Concat", tall, f"{base}.stacked", axis=2)
        if self._version >= _AXES_ARE_INPUTS:
            total = self.add("ReduceLogSumExp", [stacked, axis], f"{base}.total", keepdims=0)
        else:
            total = self.add("ReduceLogSumExp", [stacked], f"{base}.total", keepdims=0, axes=[2])
        share = self.keep(f"{base}.count", np.array(math.log(len(names)), np.float32))
        return self.add("Sub", [total, share], f"{base}.mean")
