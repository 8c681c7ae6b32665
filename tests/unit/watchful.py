"""The golden tiny bundle with an eye for strangers: dark pictures are none of its products."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.bundle import Bundle, write_bundle

LIMIT = 0.3  # of the mean brightness


def write_watchful(tiny: Bundle, folder: Path) -> Bundle:
    """Write the bundle; its familiarity is the mean brightness of the prepared picture."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    model = onnx.load_from_string(tiny.read_weights())
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(1 / 255, np.float32), "watch.step"))
    model.graph.node.extend(
        [
            helper.make_node("Cast", ["pictures"], ["watch.bytes"], to=onnx.TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["watch.bytes"], ["watch.mean"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("Mul", ["watch.mean", "watch.step"], ["familiarity"]),
        ]
    )
    model.graph.output.append(helper.make_tensor_value_info("familiarity", onnx.TensorProto.FLOAT, ["n"]))
    spec = tiny.spec.model_copy(update={"stranger_below": LIMIT, "name": "watchful"})
    return write_bundle(folder, spec=spec, onnx=model.SerializeToString(), card="")


def draw(brightness: int) -> bytes:
    """A JPEG file of one shade of grey."""
    file = io.BytesIO()
    Image.new("RGB", (60, 80), (brightness,) * 3).save(file, "JPEG")
    return file.getvalue()
