"""What an adaptation tells its user: how good, what is doubtful, what had too few examples, what to type next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from modiste.evaluation import render_evaluation, render_table
from modiste.training.adapting.job import Adaptation
from modiste.training.adapting.values import ValuePlan

__all__ = ["render_adaptation"]

_SHOWN: Final = 5


def render_adaptation(adaptation: Adaptation, *, source: str) -> str:
    """Return the report as Markdown that reads as plain text.

    Args:
        adaptation: What was done.
        source: How the data was given, for the commands to type next.
    """
    parts = [_describe_figures(adaptation), _describe_doubt(adaptation)]
    parts += [text for text in (_describe_values(adaptation), _describe_left_out(adaptation)) if text]
    parts += [_describe_kept(adaptation), _list_next(adaptation, source)]
    return "\n\n".join(parts) + "\n"


def _describe_figures(adaptation: Adaptation) -> str:
    material = adaptation.material
    head = (
        f"Learnt from {len(material.learn)} items; judged on {len(material.held)} others, which share no title, "
        "product or picture with these and chose nothing:"
    )
    if material.split_given:
        head = (
            f"Learnt from {len(material.learn)} items; judged on the {len(material.held)} of the data's part "
            "'validation', which chose nothing:"
        )
    return f"{head}\n\n{render_evaluation(adaptation.evaluation)}"


def _describe_doubt(adaptation: Adaptation) -> str:
    rows = [
        (
            name,
            f"{adaptation.decision.doubt.get(name, 0):.2f}",
            f"{adaptation.decision.doubtful[name].mean():.1%}",
            "; ".join(_list_confusions(adaptation, name)) or "-",
        )
        for name in adaptation.material.learnt
    ]
    return render_table(("field", "doubtful below", "doubtful", "most often confused, truth > said"), rows)


def _list_confusions(adaptation: Adaptation, name: str) -> Iterator[str]:
    """Yield the pairs of values that are most often confused, of a single field."""
    field = adaptation.bundle.taxonomy[name]
    if field.kind == "multi":
        return
    said = [field.values[choice] for choice in adaptation.decision.choices[name]]
    truth = adaptation.material.held.labels(name).to_list()
    wrong = Counter((one, other) for one, other in zip(truth, said, strict=True) if one not in (None, other))
    for (one, other), count in sorted(wrong.items(), key=lambda entry: (-entry[1], entry[0]))[:3]:
        yield f"{one} > {other} {count}"


def _describe_values(adaptation: Adaptation) -> str:
    return "\n".join(line for plan in adaptation.material.plans.values() for line in _describe_plan(plan))


def _describe_plan(plan: ValuePlan) -> Iterator[str]:
    if plan.merged:
        yield f"{plan.field}: too few examples, merged into {plan.rare_as}: {_list_counts(plan.merged)}"
    if plan.masked:
        yield (
            f"{plan.field}: too few examples, masked (never said; their items teach the other fields): "
            f"{_list_counts(plan.masked)}"
        )


def _list_counts(counts: Mapping[str, int]) -> str:
    shown = [f"{value} ({count})" for value, count in sorted(counts.items(), key=lambda entry: -entry[1])]
    rest = len(shown) - 4 * _SHOWN
    return ", ".join(shown[: 4 * _SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _describe_left_out(adaptation: Adaptation) -> str:
    material = adaptation.material
    lines = [f"{material.unlabelled} items have no label of these fields"] if material.unlabelled else []
    unreadable = list(material.unreadable.items())
    lines += [f"{item} can't be read: {reason}" for item, reason in unreadable[:_SHOWN]]
    lines += [f"and {len(unreadable) - _SHOWN} more can't be read"] if len(unreadable) > _SHOWN else []
    return "\n".join(lines)


def _describe_kept(adaptation: Adaptation) -> str:
    material = adaptation.material
    if adaptation.deep:
        told = "The network was fine-tuned: it says the fields above and no others. Its vectors are new ones, so"
        return "\n".join([*adaptation.notes, f"{told} catalogues are rebuilt, and words taught again."])
    kept = f"Kept as they were: {', '.join(material.kept)}" if material.kept else "No field of the bundle was kept"
    words = ", and its words" if adaptation.bundle.has_text_encoder else ""
    return "\n".join([f"{kept}; the embedding{words} too", *adaptation.notes])


def _list_next(adaptation: Adaptation, source: str) -> str:
    path = _quote(adaptation.bundle.path)
    lines = [f"modiste tag photos/ -o tags.csv --bundle {path}"]
    lines += [f"modiste evaluate {path} --data new.csv   # labelled pictures that {source} does not have"]
    return "\n".join([f"{path} is ready. Next:", *(f"  {line}" for line in lines)])


def _quote(path: Path) -> str:
    text = str(path)
    return f"'{text}'" if " " in text else text
