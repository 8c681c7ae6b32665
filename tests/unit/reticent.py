"""The golden tiny bundle, reticent: it says a colour of clothes alone, and a material of shoes alone."""

from __future__ import annotations

from pathlib import Path

from modiste.bundle import Bundle, Silence, write_bundle
from modiste.runtime import Tags

RULES = {
    "colour": Silence(under="kind", values=("Clothes",), below=0.7),
    "material": Silence(under="kind", values=("Shoes",)),
}


def write_reticent(tiny: Bundle, folder: Path) -> Bundle:
    """Write the bundle."""
    spec = tiny.spec.model_copy(update={"silence": RULES, "name": "reticent"})
    return write_bundle(folder, spec=spec, onnx=tiny.read_weights(), card="")


def list_silent(tags: Tags) -> set[str]:
    """Return the fields that it must be silent of, by what the golden tiny bundle says of the same picture."""
    kind, colour = tags["kind"].value, tags["colour"]
    return {
        name
        for name, silent in (
            ("colour", kind != "Clothes" or colour.confidence < 0.7),
            ("material", kind != "Shoes"),
        )
        if silent
    }
