"""From what the terms found to a manifest of addresses, and from what arrived to one picture each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from modiste.collect.searching.providers import Found
from modiste.collect.searching.terms import Term
from modiste.manifest import LABEL, META, PROBLEM_SCHEMA, Manifest
from modiste.taxonomy import Field, Taxonomy

__all__ = ["build_candidates", "build_taxonomy_of", "merge_equal_pictures"]

_TERMS = META + "terms"


@dataclass
class _Candidate:
    item_id: str
    found: Found
    terms: list[Term] = field(default_factory=list)


def build_candidates(
    terms: Sequence[Term], found: Sequence[Sequence[Found]], remarks: Sequence[tuple[str, str]], *, provider: str
) -> Manifest:
    """Build the manifest of everything that was found, each address once.

    Args:
        terms: The terms.
        found: For each term what it found, best first.
        remarks: Pairs of term and what went wrong with it.
        provider: Goes into the column ``source``.

    Returns:
        ``image`` is an address. ``meta.terms`` lists the terms that found it; where they disagree about a field, its
        label is null. Other ``meta.`` columns hold what the provider says: licence, creator ...
    """
    candidates: dict[str, _Candidate] = {}
    for term, results in zip(terms, found, strict=True):
        for rank, result in enumerate(results, 1):
            candidate = candidates.get(result.address)
            if candidate is None:
                item_id = f"{_make_name(term.text)}/{rank:04}"
                candidate = candidates[result.address] = _Candidate(item_id, result)
            candidate.terms.append(term)
    taxonomy = build_taxonomy_of(terms)
    rows = [_make_row(candidate, taxonomy, provider) for candidate in candidates.values()]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else _make_empty()
    problems = pl.DataFrame([(*pair, "remark") for pair in remarks], schema=PROBLEM_SCHEMA, orient="row")
    return Manifest(taxonomy, frame, problems, rows=sum(map(len, found)))


def build_taxonomy_of(terms: Iterable[Term]) -> Taxonomy:
    """Return the fields that terms speak of, with all their values, sorted.

    Example:
        >>> terms = [Term("red dress", {"colour": "red"}), Term("blue dress", {"colour": "blue"})]
        >>> build_taxonomy_of(terms)["colour"].values
        ('blue', 'red')
    """
    values: dict[str, set[str]] = {}
    for term in terms:
        for name, value in term.labels.items():
            values.setdefault(name, set()).add(value)
    return Taxonomy(tuple(Field(name, "single", tuple(sorted(known))) for name, known in values.items()))


def merge_equal_pictures(manifest: Manifest, terms: Sequence[Term]) -> Manifest:
    """Keep each picture once that arrived from several addresses, with all its terms.

    Args:
        manifest: What arrived: ``meta.sha256`` says what is equal, ``meta.terms`` what found it.
        terms: The terms that were searched.

    Returns:
        The first item of each picture; the others are remarked among the problems.
    """
    items = manifest.items
    copies = items.filter(~pl.col("meta.sha256").is_first_distinct())
    if not len(copies):
        return manifest
    firsts = dict(
        items.unique("meta.sha256", keep="first", maintain_order=True).select("meta.sha256", "item_id").rows()
    )
    together: dict[str, dict[str, None]] = {}
    for digest, names in items.select("meta.sha256", _TERMS).iter_rows():
        together.setdefault(digest, {}).update(dict.fromkeys(names))
    kept = items.filter(pl.col("meta.sha256").is_first_distinct())
    known = {term.text: term for term in terms}
    merged = [list(together[digest]) for digest in kept["meta.sha256"]]
    labels = [_agree([known[name] for name in names], manifest.taxonomy) for names in merged]
    columns = [pl.Series(_TERMS, merged, pl.List(pl.String))]
    columns += [pl.Series(LABEL + name, [row[name] for row in labels], pl.String) for name in manifest.taxonomy.names]
    remarks = copies.select(
        where="item_id",
        reason=pl.lit("the same picture as another item"),
        kind=pl.lit("remark"),
    )
    remarks = remarks.with_columns(
        reason=pl.Series([f"the same picture as {firsts[digest]}" for digest in copies["meta.sha256"]], dtype=pl.String)
    )
    problems = pl.concat([manifest.problems, remarks])
    return Manifest(manifest.taxonomy, kept.with_columns(columns), problems, manifest.opinions, manifest.rows)


def _make_row(candidate: _Candidate, taxonomy: Taxonomy, provider: str) -> dict[str, Any]:
    found = candidate.found
    row: dict[str, Any] = {"item_id": candidate.item_id, "product_id": candidate.item_id, "image": found.address}
    row |= {"title": found.title, "source": provider}
    row |= {LABEL + name: value for name, value in _agree(candidate.terms, taxonomy).items()}
    return (
        row | {_TERMS: [term.text for term in candidate.terms]} | {META + key: text for key, text in found.meta.items()}
    )


def _agree(terms: Sequence[Term], taxonomy: Taxonomy) -> Mapping[str, str | None]:
    """Return each field's value where all terms that speak of it say the same, else None."""
    said = {name: {term.labels[name] for term in terms if name in term.labels} for name in taxonomy.names}
    return {name: next(iter(values)) if len(values) == 1 else None for name, values in said.items()}


def _make_empty() -> pl.DataFrame:
    columns = {"item_id": pl.String, "product_id": pl.String, "image": pl.String, "source": pl.String}
    return pl.DataFrame(schema={**columns, _TERMS: pl.List(pl.String)})


def _make_name(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-") or "term"
