"""The bundle: a trained model as a folder of plain files, checked by a fingerprint."""

from modiste.bundle.card import build_card, read_purpose
from modiste.bundle.confusion import (
    MOST_CONFUSED_VALUES,
    Confusion,
    carry_confusion,
    keep_confusion,
    load_confusion,
)
from modiste.bundle.figures import add_figures
from modiste.bundle.silence import Silence
from modiste.bundle.spec import FORMAT_VERSION, BundleSpec
from modiste.bundle.store import SHIPPED, Bundle, attach_text, keep_training_items, rewrite_notes, write_bundle
from modiste.bundle.text import MOST_TEXT_BYTES, PieceSpec, TextSpec

__all__ = [
    "FORMAT_VERSION",
    "MOST_CONFUSED_VALUES",
    "MOST_TEXT_BYTES",
    "SHIPPED",
    "Bundle",
    "BundleSpec",
    "Confusion",
    "PieceSpec",
    "Silence",
    "TextSpec",
    "add_figures",
    "attach_text",
    "build_card",
    "carry_confusion",
    "keep_confusion",
    "keep_training_items",
    "load_confusion",
    "read_purpose",
    "rewrite_notes",
    "write_bundle",
]
