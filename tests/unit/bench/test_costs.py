"""Costs: parameters are those of the graph, seconds those of the history."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from onnx import helper, numpy_helper

from modiste.bench.costs import Cost, count_parameters, measure_cost, measure_rate
from modiste.bundle import Bundle
from modiste.evaluation import Epoch

EPOCHS = (Epoch("heads", 1, 5.0, 10.0, 1.0, 1.0, 0.5, 1e-3), Epoch("all", 1, 1.0, 30.0, 1.0, 1.0, 0.5, 1e-3))


def test_whole_numbers_are_no_parameters() -> None:
    weights = [np.zeros((3, 4), np.float32), np.zeros(5, np.float16), np.zeros(7, np.int8), np.zeros((), np.int64)]
    entries = [numpy_helper.from_array(weight, f"w{at}") for at, weight in enumerate(weights)]
    graph = helper.make_graph([], "g", [], [], entries)
    assert count_parameters(helper.make_model(graph).SerializeToString()) == 12 + 5


def test_a_bundle_with_a_history_has_every_cost(tiny: Bundle) -> None:
    cost = measure_cost(tiny, EPOCHS, threads=1)
    assert (cost.epochs, cost.epoch_seconds, cost.total_seconds) == (2, 20.0, 46.0)
    graph = tiny.read_weights()
    assert cost.megabytes == len(graph) / 1e6
    initialisers = onnx.load_from_string(graph).graph.initializer
    loop = sum(
        numpy_helper.to_array(entry).size for entry in initialisers if numpy_helper.to_array(entry).dtype.kind == "f"
    )
    assert cost.parameters == loop > 0
    assert (cost.pictures_per_second or 0) > 1
    assert None not in cost.to_json().values()


def test_of_a_table_nothing_is_known() -> None:
    assert measure_cost(None, ()) == Cost()


def test_the_rate_is_of_some_pictures_a_second(tiny: Bundle) -> None:
    assert 1 < measure_rate(tiny, threads=1) < 1e7
