"""The network of a bundle, run by onnxruntime."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.errors import BundleError, UsageError

__all__ = ["FAMILIARITY", "Network", "NetworkOutput", "count_cores"]

_INPUT = "pictures"
_OUTPUTS = ["logits", "embedding"]
FAMILIARITY = "familiarity"  # an output that a graph may have beside them
_FATAL = 4  # onnxruntime's own log level: what it warns of, modiste says in its own words


class NetworkOutput(NamedTuple):
    """What the network says of n pictures.

    ``logits`` float32 [n, values of all fields, in taxonomy order], ``embedding`` float32 [n, embedding size] of
    unit length, and ``familiarity`` float32 [n], how much the pictures look like those that the network learnt from:
    at most 1, higher is more familiar; None where the graph does not tell.
    """

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    familiarity: NDArray[np.float32] | None = None


class Network:
    """A bundle's ONNX graph, ready to run; one object may be used from several threads.

    Args:
        bundle: Whose graph.
        threads: How many cores one run uses; by default as many as this process may use.

    Raises:
        BundleError: onnxruntime can't load the graph, or its inputs and outputs are not a bundle's.
        UsageError: ``threads`` is below 1.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        self.bundle = bundle
        self.threads = count_cores() if threads is None else threads
        if self.threads < 1:
            raise UsageError(f"the number of threads is {threads}; expected 1 or more")
        self._session = _open_session(bundle, self.threads)
        self._outputs = _check_contract(self._session, bundle)

    @property
    def tells_familiarity(self) -> bool:
        """Whether the graph tells how familiar a picture is."""
        return FAMILIARITY in self._outputs

    def run(self, pictures: NDArray[np.uint8]) -> NetworkOutput:
        """Run the network once.

        Args:
            pictures: uint8 RGB [n, height, width, 3], as `Preprocessing.prepare` gives each; n may be 0.

        Raises:
            UsageError: The array is of another type or shape.
            BundleError: The graph fails, or gives arrays of other shapes than the bundle promises.
        """
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
            raise UsageError(
                f"the network was given {pictures.dtype} {list(pictures.shape)}; expected uint8 [n, height, width, 3]"
            )
        if not len(pictures):
            return self._answer_nothing()
        try:
            output = NetworkOutput(*self._session.run(self._outputs, {_INPUT: pictures}))
        except Exception as error:  # onnxruntime raises a dozen types, none of them public
            raise BundleError(f"the network of {self.bundle.path} failed on {pictures.shape}: {error}") from error
        self._check_output(output, len(pictures))
        return output

    def _answer_nothing(self) -> NetworkOutput:
        spec = self.bundle.spec
        shapes = ((0, spec.number_of_values), (0, spec.embedding_size), (0,))
        return NetworkOutput(*(np.empty(shape, np.float32) for shape in shapes[: len(self._outputs)]))

    def _check_output(self, output: NetworkOutput, n: int) -> None:
        spec = self.bundle.spec
        found = tuple(values.shape for values in output if values is not None)
        expected = ((n, spec.number_of_values), (n, spec.embedding_size), (n,))[: len(self._outputs)]
        if found != expected:
            raise BundleError(f"the network of {self.bundle.path} gives {found}; bundle.json promises {expected}")
        told = (output.logits, output.familiarity)
        if not all(values is None or np.isfinite(values).all() for values in told):
            raise BundleError(f"the network of {self.bundle.path} gives answers that are not numbers; export it again")


def count_cores() -> int:
    """Return how many cores this process may use, at least 1; less than the machine has in a container."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _open_session(bundle: Bundle, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    weights = bundle.read_weights()
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a dozen types, none of them public
        raise BundleError(f"onnxruntime can't load the network of {bundle.path}: {error}") from error


def _check_contract(session: onnxruntime.InferenceSession, bundle: Bundle) -> list[str]:
    """Return the outputs to ask for: the two that every bundle has, and the familiarity where there is one."""
    inputs, outputs = _describe(session.get_inputs()), _describe(session.get_outputs())
    wanted = [*_OUTPUTS, FAMILIARITY] if FAMILIARITY in outputs else _OUTPUTS
    if inputs != {_INPUT: ("tensor(uint8)", 4)} or set(outputs) != set(wanted):
        raise BundleError(
            f"the network of {bundle.path} has the inputs {inputs} and the outputs {sorted(outputs)}; expected "
            f"'{_INPUT}' uint8 [n, height, width, 3] and {_OUTPUTS}, perhaps with '{FAMILIARITY}'"
        )
    if bundle.spec.stranger_below is not None and FAMILIARITY not in outputs:
        raise BundleError(
            f"{bundle.path} has a limit for strangers, but its network tells no '{FAMILIARITY}'. Export it again"
        )
    return wanted


def _describe(arguments: list[Any]) -> dict[str, tuple[str, int]]:
    return {argument.name: (argument.type, len(argument.shape)) for argument in arguments}
