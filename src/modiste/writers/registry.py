"""The writers, by name."""

from __future__ import annotations

from modiste.errors import UnknownNameError
from modiste.writers.base import Writer
from modiste.writers.class_folders import CLASS_FOLDERS
from modiste.writers.deepfashion import DEEPFASHION
from modiste.writers.deepfashion_inshop import DEEPFASHION_INSHOP
from modiste.writers.fashion_mnist import FASHION_MNIST
from modiste.writers.google_merchant import GOOGLE_MERCHANT
from modiste.writers.hugging_face import HUGGING_FACE
from modiste.writers.imaterialist import IMATERIALIST, IMATERIALIST_CSV
from modiste.writers.kaggle import KAGGLE
from modiste.writers.saved import SAVED
from modiste.writers.shopify import SHOPIFY
from modiste.writers.table import TABLE
from modiste.writers.web_dataset import WEB_DATASET

__all__ = ["find_writer", "list_writers"]

_WRITERS = (
    *(SAVED, TABLE, HUGGING_FACE, WEB_DATASET, KAGGLE),
    *(DEEPFASHION, DEEPFASHION_INSHOP, IMATERIALIST, IMATERIALIST_CSV, CLASS_FOLDERS, FASHION_MNIST),
    *(GOOGLE_MERCHANT, SHOPIFY),
)


def list_writers() -> tuple[Writer, ...]:
    """Return the writers, those that keep most first.

    Example:
        >>> list_writers()[0].name
        'manifest'
    """
    return _WRITERS


def find_writer(name: str) -> Writer:
    """Return the writer of a name; UnknownNameError lists the known ones.

    Example:
        >>> find_writer("kaggle").reader
        'kaggle'
    """
    for writer in _WRITERS:
        if writer.name == name:
            return writer
    raise UnknownNameError("writer", name, [writer.name for writer in _WRITERS])
