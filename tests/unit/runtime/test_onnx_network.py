from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from modiste.bundle import Bundle, write_bundle
from modiste.errors import BundleError, UsageError
from modiste.runtime import Network, count_cores


def test_golden_tensors(tiny: Bundle, tiny_path: Path) -> None:
    golden = np.load(tiny_path / "golden.npz")
    output = Network(tiny, threads=1).run(golden["pictures"])
    # Not closer: processors with other instructions add in another order. The logits spread by 2.6.
    np.testing.assert_allclose(output.logits, golden["logits"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(output.embedding, golden["embedding"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(output.embedding, axis=1), 1, rtol=1e-6)


def test_golden_pictures_from_jpeg(tiny: Bundle, tiny_path: Path) -> None:
    golden = np.load(tiny_path / "golden.npz")
    files = [(tiny_path / f"{number}.jpg").read_bytes() for number in range(6)]
    output = Network(tiny).run(np.stack([tiny.preprocessing.load(data) for data in files]))
    assert np.abs(output.logits - golden["logits"]).max() < 0.25  # the logits spread by 2.6


def test_a_batch_equals_its_pictures_one_by_one(tiny: Bundle, tiny_path: Path) -> None:
    pictures = np.load(tiny_path / "golden.npz")["pictures"]
    network = Network(tiny, threads=2)
    together = network.run(pictures)
    for number in range(len(pictures)):
        alone = network.run(pictures[number : number + 1])
        np.testing.assert_allclose(alone.logits[0], together.logits[number], rtol=1e-4, atol=1e-5)


def test_other_sizes_and_no_pictures(tiny: Bundle) -> None:
    network = Network(tiny)
    assert network.run(np.zeros((2, 50, 31, 3), np.uint8)).logits.shape == (2, 18)
    nothing = network.run(np.zeros((0, 80, 60, 3), np.uint8))
    assert (nothing.logits.shape, nothing.embedding.shape) == ((0, 18), (0, 16))


def test_threads_may_share_a_network(tiny: Bundle, tiny_path: Path) -> None:
    golden = np.load(tiny_path / "golden.npz")
    network = Network(tiny)
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda _: network.run(golden["pictures"]), range(16)))
    assert all(np.allclose(output.logits, golden["logits"], atol=1e-4) for output in outputs)


@pytest.mark.parametrize("array", [np.zeros((1, 8, 8, 3), np.float32), np.zeros((8, 8, 3), np.uint8)])
def test_the_wrong_array_is_refused(tiny: Bundle, array: np.ndarray) -> None:
    with pytest.raises(UsageError, match="expected uint8"):
        Network(tiny).run(array)


def test_no_threads_are_refused(tiny: Bundle) -> None:
    with pytest.raises(UsageError, match="threads is 0"):
        Network(tiny, threads=0)
    assert count_cores() >= 1


def test_a_file_that_is_no_network_is_refused(tiny: Bundle, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "new", spec=tiny.spec, onnx=b"not a network", card="")
    with pytest.raises(BundleError, match="onnxruntime can't load"):
        Network(bundle)


def test_another_width_than_promised_is_refused(tiny: Bundle, tmp_path: Path) -> None:
    spec = tiny.spec.model_copy(update={"embedding_size": 17})
    network = Network(write_bundle(tmp_path / "new", spec=spec, onnx=tiny.read_weights(), card=""))
    with pytest.raises(BundleError, match="promises"):
        network.run(np.zeros((1, 80, 60, 3), np.uint8))


def test_other_inputs_are_refused(tiny: Bundle, tmp_path: Path) -> None:
    weights = tiny.read_weights().replace(b"pictures", b"pixtures")
    with pytest.raises(BundleError, match="expected 'pictures' uint8"):
        Network(write_bundle(tmp_path / "new", spec=tiny.spec, onnx=weights, card=""))


def test_weights_in_another_file_are_refused(tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(tiny.read_weights())
    constant = next(item for item in model.graph.initializer if item.name == "conv2")
    (tmp_path / "outside.bin").write_bytes(constant.raw_data)
    constant.ClearField("raw_data")
    constant.data_location = onnx.TensorProto.EXTERNAL
    constant.external_data.add(key="location", value="../outside.bin")
    bundle = write_bundle(tmp_path / "a" / "new", spec=tiny.spec, onnx=model.SerializeToString(), card="")
    monkeypatch.chdir(tmp_path / "a")
    with pytest.raises(BundleError, match="onnxruntime can't load"):
        Network(bundle)


def test_torch_is_never_imported(tiny_path: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_path / "0.jpg", tmp_path)
    code = (
        "import sys; from pathlib import Path; from modiste import Embedder, Tagger;"
        "from modiste.batch import tag_files;"
        f"Tagger({str(tiny_path)!r}).tag('0.jpg'); Embedder({str(tiny_path)!r}).embed('0.jpg');"
        f"tag_files(['0.jpg'], Path('x.csv'), bundle={str(tiny_path)!r});"
        "strangers = {'torch', 'timm', 'onnx', 'matplotlib', 'sklearn', 'pandas'} & set(sys.modules);"
        "sys.exit(str(strangers) if strangers else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
