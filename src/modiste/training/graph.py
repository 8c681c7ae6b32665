"""A trained network as an ONNX graph, and the proof that it answers as torch does."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from modiste.errors import ExportError
from modiste.imaging import Preprocessing
from modiste.runtime import Network
from modiste.training.inputs import normalise
from modiste.training.neighbours import NeighbourVote
from modiste.training.network import TaggerNetwork

__all__ = ["OPSET", "PARITY", "ExportedNetwork", "Graph", "export_graph", "measure_parity", "write_onnx"]

OPSET = 18  # what torch 2.6 writes and every onnxruntime since 1.14 reads
PARITY = 1e-4
_BATCH = 64


class ExportedNetwork(nn.Module):
    """What the bundle's graph holds: normalisation, trunk, heads, and labelled neighbours if any vote.

    From uint8 [n, height, width, 3] to logits [n, values of all fields] and embedding [n, width].
    """

    def __init__(self, network: TaggerNetwork, preprocessing: Preprocessing, vote: NeighbourVote | None = None) -> None:
        super().__init__()
        self.network = network
        self.vote = vote
        self._preprocessing = preprocessing

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits and the embedding."""
        # Contiguous: with the strides of the picture's bytes, the exporter writes the pooling as a gather.
        values = pictures.permute(0, 3, 1, 2).contiguous().float()
        output = self.network(normalise(values, self._preprocessing))
        logits = output.logits if self.vote is None else self.vote(output.logits, output.embedding)
        return logits, output.embedding

    def is_settled(self, embedding: Tensor) -> Tensor:
        """Tell of each picture whether it is beyond doubt which labelled neighbours vote: bool [n]."""
        if self.vote is None:
            return torch.ones(len(embedding), dtype=torch.bool)
        return self.vote.is_settled(embedding)


@dataclass(frozen=True)
class Graph:
    """An ONNX graph in memory, with the network it was made from."""

    onnx: bytes
    network: ExportedNetwork


def export_graph(network: TaggerNetwork, preprocessing: Preprocessing, vote: NeighbourVote | None = None) -> Graph:
    """Write a network as an ONNX graph for batches of any length of pictures of one size.

    Height and width are fixed, so that padding that depends on them ("same") becomes part of the convolutions.

    Args:
        network: The weights; it is moved to the CPU and set to evaluation.
        preprocessing: The size, and the numbers that the graph normalises with.
        vote: The labelled neighbours that the graph is to hold, if any.
    """
    wrapped = ExportedNetwork(network.cpu().to(memory_format=torch.contiguous_format), preprocessing, vote).eval()
    example = torch.zeros(2, preprocessing.height, preprocessing.width, 3, dtype=torch.uint8)
    content = write_onnx(
        wrapped,
        example,
        input_name="pictures",
        output_names=["logits", "embedding"],
        dynamic={0: torch.export.Dim("n", min=1)},
    )
    return Graph(content, wrapped)


def write_onnx(
    network: nn.Module, example: Tensor, *, input_name: str, output_names: Sequence[str], dynamic: Mapping[int, Any]
) -> bytes:
    """Write a network of one input as an ONNX graph.

    Args:
        network: Set to evaluation.
        example: An input.
        input_name: What the input is called.
        output_names: What the outputs are called.
        dynamic: Dimension of the input -> a `torch.export.Dim`, for each that may differ from call to call.

    Raises:
        ExportError: The exporter gives no graph.
    """
    loggers = [logging.getLogger(name) for name in ("onnxscript", "onnx_ir", "torch.onnx")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            # The exporter warns of its own internals, which no user can mend.
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (example,),
                input_names=[input_name],
                output_names=list(output_names),
                opset_version=OPSET,
                dynamic_shapes=(dict(dynamic),),
                dynamo=True,
                verbose=False,
            )
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    if program is None:
        raise ExportError("torch.onnx.export gave no graph. Type: pip install --upgrade 'modiste[train]'")
    model = program.model_proto
    _drop_notes(model.graph)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _drop_notes(graph: onnx.GraphProto) -> None:
    """Drop what the exporter notes for debugging: it is large, and names files of the machine it ran on."""
    del graph.value_info[:]
    del graph.metadata_props[:]
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]


def measure_parity(network: ExportedNetwork, runtime: Network, pictures: NDArray[np.uint8]) -> float:
    """Return the largest difference of torch and ONNX over the logits and embeddings of some pictures.

    Where rounding decides which labelled neighbours of a picture vote, its logits are not compared.

    Args:
        network: What was exported.
        runtime: Its graph.
        pictures: [n, height, width, 3].

    Raises:
        ExportError: It is above `PARITY`.
    """
    largest = 0.0
    with torch.inference_mode():
        for start in range(0, len(pictures), _BATCH):
            batch = np.ascontiguousarray(pictures[start : start + _BATCH])
            logits, embedding = network(torch.tensor(batch))
            ours = runtime.run(batch)
            settled = network.is_settled(embedding).numpy()
            for found, wanted in ((ours.logits[settled], logits[settled]), (ours.embedding, embedding)):
                difference = np.abs(found - wanted.numpy()).max(initial=0.0)
                largest = float(np.maximum(largest, difference))  # keeps what is no number
    if not largest <= PARITY:
        raise ExportError(
            f"ONNX and torch differ by {largest:.2g} on the validation pictures; at most {PARITY:g} is allowed. "
            "Nothing was written; look for a layer that the exporter does not know, or change trunk.name"
        )
    return largest
