"""The tables of the attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from modiste.bench.attributes.judging import GIVEN_KIND, MAJORITY, OURS, Attribute
from modiste.evaluation import Interval, Section, Target, render_table

__all__ = ["list_targets", "show_figures", "show_said"]

_SMALLEST: Final = 1e-4  # above zero


def show_figures(attributes: Sequence[Attribute]) -> Section:
    """Show every attribute beside both guesses, and whether it ships."""
    head = ("attribute", "values", "products", "mAP", "micro-F1 (accuracy)", "macro-F1", "gain", "ships")
    lines = [
        (
            attribute.name,
            str(attribute.values),
            str(attribute.rows),
            *(_list_three(attribute, figure) for figure in ("mean_precision", "micro_f1", "macro_f1")),
            _show(attribute.gain, sign="+"),
            "yes" if attribute.ships else "**no**",
        )
        for attribute in attributes
    ]
    text = (
        "Asked of every product that the shop's records label: three figures a cell, of the bundle / the majority of "
        "the article type that the bundle answers / the majority of all. The gain is the accuracy beyond that of the "
        "second, on the same products; an attribute ships if its interval lies above zero."
    )
    return Section(
        "Beside what the kind of product tells", f"{text}\n\n{render_table(head, lines)}", _plain(attributes)
    )


def show_said(attributes: Sequence[Attribute]) -> Section:
    """Show what the bundle says of them, with its silence."""
    head = ("attribute", "said of labelled", "right of what is said", "micro-F1", "macro-F1", "said of all products")
    lines = [
        (
            attribute.name,
            _show(attribute.as_said.coverage),
            "" if attribute.as_said.precision is None else _show(attribute.as_said.precision),
            f"{attribute.as_said.micro_f1:.4f}",
            f"{attribute.as_said.macro_f1:.4f}",
            f"{attribute.as_said.of_all:.1%}",
        )
        for attribute in attributes
    ]
    text = (
        "The bundle says an attribute only of article types that have it in the training part, and only from the "
        "confidence on that was chosen on the validation part. What is said of products without a label can't be "
        "judged; the last column counts them too. Silence costs recall in both F1."
    )
    return Section("What is said", f"{text}\n\n{render_table(head, lines)}")


def list_targets(attributes: Sequence[Attribute]) -> list[Target]:
    """Return one target an attribute: that the bundle beats the majority of the kind."""
    return [
        Target(f"{attribute.name}: gain over the majority of the kind, lower bound", _SMALLEST, attribute.gain.low)
        for attribute in attributes
    ]


def _list_three(attribute: Attribute, figure: str) -> str:
    return " / ".join(f"{getattr(attribute.figures[name], figure):.3f}" for name in (OURS, GIVEN_KIND, MAJORITY))


def _show(figure: Interval, sign: str = "") -> str:
    return f"{figure.value:{sign}.3f} [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"


def _plain(attributes: Sequence[Attribute]) -> dict[str, object]:
    return {
        attribute.name: {
            "values": attribute.values,
            "rows": attribute.rows,
            "figures": {name: asdict(figures) for name, figures in attribute.figures.items()},
            "gain": attribute.gain.to_json(),
            "ships": attribute.ships,
            "said": {
                "coverage": attribute.as_said.coverage.to_json(),
                "precision": None if attribute.as_said.precision is None else attribute.as_said.precision.to_json(),
                "micro_f1": attribute.as_said.micro_f1,
                "macro_f1": attribute.as_said.macro_f1,
                "of_all": attribute.as_said.of_all,
            },
        }
        for attribute in attributes
    }
