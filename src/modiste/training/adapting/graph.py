"""New heads inside a bundle's ONNX graph: what is kept of it stays as it is, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np
import onnx
from onnx import helper, numpy_helper

from modiste.runtime import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.heads import LinearHead
from modiste.training.bundle_graph import CLASSIFY, LOGITS, find_features, join_logits

__all__ = ["attach_heads"]


def attach_heads(graph: bytes, before: Taxonomy, after: Sequence[str], heads: Mapping[str, LinearHead]) -> bytes:
    """Return a bundle's graph that gives other fields.

    Args:
        graph: A graph that modiste exported.
        before: Its fields, in the order of its logits.
        after: The names of the new graph's fields, in order.
        heads: The new heads by field; the other fields of ``after`` are taken from the graph.

    Raises:
        ExportError: The graph was not exported by modiste.
    """
    model = onnx.load_from_string(graph)
    features, prefix = find_features(model.graph), _choose_prefix(model.graph)
    kept = _list_kept(model.graph, before, prefix)
    parts = []
    for place, name in enumerate(after):
        if name in heads:
            parts.append(_append_head(model.graph, features, heads[name], f"{prefix}{place}."))
        else:
            parts.append(kept[name])
    width = sum(len(heads[name].bias) if name in heads else len(before[name]) for name in after)
    return join_logits(model, parts, width, name=f"{prefix}Concat")


def _choose_prefix(graph: onnx.GraphProto) -> str:
    """Return how the new names begin; an adapted bundle may be adapted again."""
    taken = [entry.name for entry in graph.initializer]
    prefixes = (f"adapted{number}." for number in count(1))
    return next(prefix for prefix in prefixes if not any(name.startswith(prefix) for name in taken))


def _list_kept(graph: onnx.GraphProto, before: Taxonomy, prefix: str) -> dict[str, str]:
    """Take the old logits apart: field -> the name of its columns."""
    old = f"{prefix}before"
    maker = next(node for node in graph.node if LOGITS in node.output)
    maker.output[:] = [old if name == LOGITS else name for name in maker.output]
    for node in graph.node:
        node.input[:] = [old if name == LOGITS else name for name in node.input]
    if maker.op_type == "Concat" and len(maker.input) == len(before):
        return dict(zip(before.names, maker.input, strict=True))  # as the labelled neighbours leave them
    return {name: _append_slice(graph, old, columns, f"{prefix}{name}.") for name, columns in _slices(before)}


def _slices(taxonomy: Taxonomy) -> list[tuple[str, slice]]:
    return list(slice_fields(taxonomy).items())


def _append_slice(graph: onnx.GraphProto, source: str, columns: slice, prefix: str) -> str:
    ends = {"start": columns.start, "stop": columns.stop, "axis": 1}
    names = [f"{prefix}{name}" for name in ends]
    graph.initializer.extend(
        numpy_helper.from_array(np.array([value], np.int64), name)
        for name, value in zip(names, ends.values(), strict=True)
    )
    graph.node.append(helper.make_node("Slice", [source, *names], [f"{prefix}kept"], name=f"{prefix}Slice"))
    return f"{prefix}kept"


def _append_head(graph: onnx.GraphProto, features: str, head: LinearHead, prefix: str) -> str:
    weight, bias, answer = f"{prefix}{CLASSIFY}", f"{prefix}bias", f"{prefix}logits"
    graph.initializer.extend([numpy_helper.from_array(head.weight, weight), numpy_helper.from_array(head.bias, bias)])
    graph.node.append(
        helper.make_node("Gemm", [features, weight, bias], [answer], name=f"{prefix}Gemm", transB=1, alpha=1.0)
    )
    return answer
