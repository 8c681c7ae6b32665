"""The path that modiste replaces: Pillow or OpenCV to 224 x 224, then a ResNet-50 in eager torch, batch by batch."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.errors import import_extra

__all__ = ["DECODERS", "SIZE", "SourcesPath", "list_decoders"]

SIZE = 224
_BATCH = 32
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)


class SourcesPath:
    """Decodes pictures, resizes them and runs a ResNet-50 over them, as the five systems that modiste unites do.

    The weights are random: they make no difference to the time.

    Args:
        threads: Cores that torch may use.
        decoder: One of `DECODERS`.

    Raises:
        MissingExtraError: torch or timm is not installed.
    """

    def __init__(self, *, threads: int, decoder: str = "Pillow") -> None:
        self._torch: Any = import_extra("torch", purpose="The path of the sources", extra="train")
        timm: Any = import_extra("timm", purpose="The path of the sources", extra="train")
        self._torch.set_num_threads(threads)
        self._network = timm.create_model("resnet50", pretrained=False).eval()
        self._decode = DECODERS[decoder]

    def run(self, files: Sequence[bytes]) -> NDArray[np.float32]:
        """Return the outputs [n, 1000] for n JPEG files."""
        outputs = []
        with self._torch.inference_mode():
            for start in range(0, len(files), _BATCH):
                pictures = np.stack([self._decode(file) for file in files[start : start + _BATCH]])
                batch = (pictures.astype(np.float32) / 255 - _MEAN) / _STD
                outputs.append(self._network(self._torch.from_numpy(batch.transpose(0, 3, 1, 2))).numpy())
        return np.concatenate(outputs)


def list_decoders() -> list[str]:
    """Return the decoders that are installed; Pillow always is."""
    return [name for name in DECODERS if name != "cv2" or importlib.util.find_spec("cv2") is not None]


def _decode_pillow(file: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def _decode_cv2(file: bytes) -> NDArray[np.uint8]:
    cv2: Any = importlib.import_module("cv2")
    picture = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), (SIZE, SIZE)))


DECODERS: dict[str, Callable[[bytes], NDArray[np.uint8]]] = {"Pillow": _decode_pillow, "cv2": _decode_cv2}
