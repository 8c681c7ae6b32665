"""Figures that were measured after a bundle was written, put into its card; no answer and no fingerprint changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modiste.bundle.card import build_card, read_purpose
from modiste.bundle.store import Bundle, rewrite_notes
from modiste.errors import UsageError

__all__ = ["add_figures"]


def add_figures(bundle: Bundle, report: Mapping[str, Any]) -> Bundle:
    """Put the figures of a report of ``modiste bench accept`` or ``modiste evaluate`` into a bundle's card.

    Args:
        bundle: The bundle that the report judged.
        report: The report's JSON: each section with ``fields`` becomes a table of the card.

    Returns:
        The bundle with its new card.

    Raises:
        UsageError: The report speaks of another bundle, or holds no figures.
    """
    facts = report.get("facts", {})
    if bundle.fingerprint not in str(facts.get("bundle", "")):
        raise UsageError(
            f"the report judged {facts.get('bundle', 'no bundle')}, not {bundle.fingerprint[:12]}...; run it again"
        )
    tables = {name: _tabulate(data) for name, data in report.get("sections", {}).items() if _has_figures(data)}
    if not tables:
        raise UsageError("the report holds no figures of fields; give the JSON of: modiste bench accept accuracy")
    metrics = {**bundle.spec.metrics, str(report.get("title", "figures")): tables}
    spec = bundle.spec.model_copy(update={"metrics": metrics})
    return rewrite_notes(bundle, spec, build_card(spec, purpose=read_purpose(bundle.card)))


def _has_figures(data: Any) -> bool:
    return isinstance(data, dict) and bool(data.get("fields"))


def _tabulate(data: Mapping[str, Any]) -> dict[str, Any]:
    whole = data.get("whole") or {}
    return {
        "rows": data["rows"],
        "mean accuracy": _show(whole.get("mean_accuracy")),
        "all fields right": _show(whole.get("all_right")),
        "by field": {name: _list_figures(result) for name, result in data["fields"].items()},
    }


def _list_figures(result: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("accuracy", "macro_f1", "micro_f1")
    figures = {name.replace("_", "-"): _show(result[name]) for name in shown if name in result}
    return {"rows": result["rows"], **figures, "majority": result.get("majority")}


def _show(interval: Mapping[str, Any] | None) -> str:
    if interval is None:
        return "-"
    return f"{interval['value']:.4f} [{interval['low']:.4f}, {interval['high']:.4f}]"
