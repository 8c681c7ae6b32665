"""Build the golden tiny bundle that the tests use: a network of 5,000 random but seeded weights, and its answers.

    python tests/golden/build.py

writes ``tests/golden/tiny``. It needs the packages of the extra ``train``; the tests do not. The committed files are
the reference, so this is run again only when the bundle's format changes.
"""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from modiste.bundle import BundleSpec, build_card, write_bundle
from modiste.imaging import Preprocessing
from modiste.taxonomy import Field, Taxonomy

FOLDER = Path(__file__).parent / "tiny"
EMBEDDING = 16
PREPROCESSING = Preprocessing(height=80, width=60)
TAXONOMY = Taxonomy(
    (
        Field("kind", "single", ("Bags", "Clothes", "Shoes")),
        Field(
            "article",
            "single",
            ("Backpacks", "Heels", "Sandals", "Sets", "Shirts", "Skirts", "Totes"),
            "kind",
            {
                "Backpacks": ("Bags",),
                "Heels": ("Shoes",),
                "Sandals": ("Shoes",),
                "Sets": ("Clothes", "Bags"),
                "Shirts": ("Clothes",),
                "Skirts": ("Clothes",),
                "Totes": ("Bags",),
            },
        ),
        Field("colour", "single", ("Black", "Blue", "Green", "Red", "White")),
        Field("material", "multi", ("Cotton", "Leather", "Silk")),
    )
)


def make_spec() -> BundleSpec:
    return BundleSpec(
        name="golden tiny",
        fields=TAXONOMY.to_json(),
        preprocessing=PREPROCESSING.to_json(),
        embedding_size=EMBEDDING,
        temperatures={"kind": 1.5, "article": 1.25, "material": 2.0},
        thresholds={"material": {"Cotton": 0.6, "Silk": 0.4}},
        doubt={"kind": 0.6, "article": 0.5, "colour": 0.4, "material": 0.3},
        metrics={"note": "random weights: the answers mean nothing"},
        training={"command": "python tests/golden/build.py", "seed": 7, "licence": "MIT"},
    )


def make_graph(shift: np.ndarray, scale: np.ndarray) -> bytes:
    """Make the network; shift and scale [24] bring the features of the drawn pictures to mean 0 and deviation 1."""
    random = np.random.default_rng(7)
    values = sum(len(field) for field in TAXONOMY)

    def constant(name: str, array: np.ndarray) -> onnx.TensorProto:
        return numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name)

    weights = [
        constant("mean", np.full((1, 1, 1, 3), 127.0)),
        constant("std", np.full((1, 1, 1, 3), 128.0)),
        constant("conv1", random.normal(0, 0.3, (12, 3, 3, 3))),
        constant("bias1", random.normal(0, 0.2, 12)),
        constant("conv2", random.normal(0, 0.2, (24, 12, 3, 3))),
        constant("bias2", random.normal(0, 0.2, 24)),
        constant("shift", shift),
        constant("scale", scale),
        constant("classify", random.normal(0, 0.5, (24, values))),
        constant("bias3", random.normal(0, 0.3, values)),
        constant("embed", random.normal(0, 1.0, (24, EMBEDDING))),
    ]
    convolve = {"strides": [2, 2], "pads": [1, 1, 1, 1], "kernel_shape": [3, 3]}
    nodes = [
        helper.make_node("Cast", ["pictures"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["cast", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["channels_first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["channels_first", "conv1", "bias1"], ["c1"], **convolve),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "conv2", "bias2"], ["c2"], **convolve),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("GlobalAveragePool", ["r2"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["raw"]),
        helper.make_node("Sub", ["raw", "shift"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "scale"], ["features"]),
        helper.make_node("Gemm", ["features", "classify", "bias3"], ["logits"]),
        helper.make_node("MatMul", ["features", "embed"], ["long"]),
        helper.make_node("LpNormalization", ["long"], ["embedding"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", "height", "width", 3])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", values]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", EMBEDDING]),
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="modiste")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def measure_features(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the inverse deviation of the features [24] over pictures."""
    model = onnx.load_from_string(make_graph(np.zeros(24), np.ones(24)))
    model.graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 24]))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    features = session.run(["features"], {"pictures": pictures})[0]
    return features.mean(axis=0), 1 / (features.std(axis=0) + 1e-3)


def draw_pictures() -> np.ndarray:
    """Return uint8 [6, 80, 60, 3]: blots of colour on white, smooth enough that JPEG hardly changes them."""
    random = np.random.default_rng(11)
    rows, columns = np.mgrid[0:80, 0:60]
    pictures = np.full((6, 80, 60, 3), 255.0)
    for picture in pictures:
        for _ in range(3):
            centre, radius = random.uniform((15, 10), (65, 50)), random.uniform(8, 25)
            blot = np.exp(-((((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / radius**2) ** 2))[..., None]
            picture[:] = picture * (1 - blot) + blot * random.uniform(0, 255, 3)
    return pictures.round().astype(np.uint8)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    pictures = draw_pictures()
    graph = make_graph(*measure_features(pictures))
    spec = make_spec()
    write_bundle(FOLDER, spec=spec, onnx=graph, card=build_card(spec, purpose="Random weights, for the tests only."))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    logits, embedding = session.run(["logits", "embedding"], {"pictures": pictures})
    np.savez_compressed(FOLDER / "golden.npz", pictures=pictures, logits=logits, embedding=embedding)
    for position, picture in enumerate(pictures):
        file = BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=95, subsampling=0)
        (FOLDER / f"{position}.jpg").write_bytes(file.getvalue())


if __name__ == "__main__":
    main()
