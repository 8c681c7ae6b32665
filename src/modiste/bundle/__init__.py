"""The bundle: a trained model as a folder of plain files, checked by a fingerprint."""

from modiste.bundle.card import build_card
from modiste.bundle.figures import add_figures
from modiste.bundle.spec import FORMAT_VERSION, BundleSpec
from modiste.bundle.store import SHIPPED, Bundle, write_bundle

__all__ = ["FORMAT_VERSION", "SHIPPED", "Bundle", "BundleSpec", "add_figures", "build_card", "write_bundle"]
