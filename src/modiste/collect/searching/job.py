"""A labelled set from search terms: searched, fetched, each picture once; it goes on where it was interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from modiste.batch.progress import show_progress
from modiste.batch.workspace import Workspace
from modiste.collect.fetching import FetchOptions, FetchSummary, Request, fetch_manifest
from modiste.collect.fetching.job import check_output
from modiste.collect.searching.candidates import build_candidates, merge_equal_pictures
from modiste.collect.searching.providers import Found, Provider
from modiste.collect.searching.search import Searcher
from modiste.collect.searching.terms import Term
from modiste.errors import UsageError
from modiste.manifest import Manifest

__all__ = ["CollectSummary", "TermCount", "collect_pictures"]

_FOUND: dict[str, pl.DataType] = {"address": pl.String(), "title": pl.String(), "meta": pl.String()}
_REMARKS: dict[str, pl.DataType] = {"term": pl.String(), "remark": pl.String()}


@dataclass(frozen=True)
class TermCount:
    """What became of a term.

    Args:
        term: Its text.
        found: Pictures that the search found, at most as many as were asked for.
        arrived: Items of the manifest that it is a term of.
    """

    term: str
    found: int
    arrived: int


@dataclass(frozen=True)
class CollectSummary:
    """What a collection did.

    Args:
        fetched: What the fetch did.
        terms: One entry a term.
    """

    fetched: FetchSummary
    terms: tuple[TermCount, ...]


def collect_pictures(
    terms: Sequence[Term],
    output: Path | str,
    *,
    provider: Provider,
    per_term: int = 100,
    options: FetchOptions = FetchOptions(),  # noqa: B008  (frozen)
    overwrite: bool = False,
) -> CollectSummary:
    """Search for terms and fetch what is found into shards, with a manifest that has the terms' labels.

    A picture that several terms find is kept once, with all of them in ``meta.terms``; where they disagree about a
    field, its label is null. An interrupted run goes on when it is called again with the same arguments: finished
    terms are not searched again, nor is what arrived fetched again.

    Args:
        terms: What is searched for.
        output: As in `modiste.collect.fetching.fetch_pictures`.
        provider: The image search.
        per_term: How many pictures are looked for with each term.
        options: How they are fetched.
        overwrite: Replace an output that exists, if modiste made it.

    Raises:
        UsageError: The search can't go on, the output exists or was begun differently, or nothing was found.
    """
    output = Path(output)
    if per_term < 1:
        raise UsageError(f"per_term is {per_term}; expected at least 1")
    check_output(output, overwrite=overwrite)
    described = {
        "terms": [[term.text, dict(term.labels)] for term in terms],
        "--per-term": per_term,
        **provider.describe(),
    }
    with Workspace(output.with_name(output.name + ".search")) as workspace:
        workspace.begin(described, lambda: pl.DataFrame({"term": [term.text for term in terms]}), overwrite=overwrite)
        search = _Search(workspace, terms, provider, per_term)
        search.run(Searcher(provider, allow_private=options.allow_private))
        candidates = search.read()
        request = Request(
            lambda: candidates, {"search": described}, lambda manifest: merge_equal_pictures(manifest, terms)
        )
        fetched = fetch_manifest(request, output, options=options, overwrite=overwrite)
        workspace.finish(iter(()))
    arrived = Manifest.read(output).items["meta.terms"].explode().value_counts(name="count")
    counts = dict(arrived.drop_nulls().rows())
    found = [len(part) for part in search.found]
    rows = zip(terms, found, strict=True)
    return CollectSummary(fetched, tuple(TermCount(term.text, count, counts.get(term.text, 0)) for term, count in rows))


class _Search:
    """The searches of a job, each a part of its workspace."""

    def __init__(self, workspace: Workspace, terms: Sequence[Term], provider: Provider, per_term: int) -> None:
        self._workspace = workspace
        self._terms = terms
        self._provider = provider
        self._per_term = per_term
        self.found: list[list[Found]] = []

    def run(self, searcher: Searcher) -> None:
        """Search for the terms that were not searched yet."""
        todo = [number for number in range(len(self._terms)) if not self._workspace.is_done(number)]
        total, done = len(self._terms) * self._per_term, (len(self._terms) - len(todo)) * self._per_term
        with show_progress(total, done=done, label="searching") as advance:
            for number in todo:
                text = self._terms[number].text
                result = searcher.search(text, self._per_term, advance=advance)
                rows = [(item.address, item.title, json.dumps(dict(item.meta))) for item in result.found]
                remarks = [(text, remark) for remark in result.remarks]
                self._workspace.write_part(
                    number,
                    pl.DataFrame(rows, schema=_FOUND, orient="row"),
                    pl.DataFrame(remarks, schema=_REMARKS, orient="row"),
                )

    def read(self) -> Manifest:
        """Return what all terms found.

        Raises:
            UsageError: That is nothing.
        """
        count = len(self._terms)
        self.found = [list(_read_found(path)) for path in self._workspace.find_parts(count)]
        remarks = [
            row for path in self._workspace.find_parts(count, errors=True) for row in pl.read_parquet(path).rows()
        ]
        if not any(self.found):
            said = "; ".join(f"{term}: {remark}" for term, remark in remarks[:3])
            raise UsageError(
                f"{self._provider.name} found no picture for {', '.join(term.text for term in self._terms[:5])}"
                f"{f' ({said})' if said else ''}; try other terms, or --overwrite to search again"
            )
        return build_candidates(self._terms, self.found, remarks, provider=self._provider.name)


def _read_found(path: Path) -> Iterator[Found]:
    for address, title, meta in pl.read_parquet(path).iter_rows():
        facts: dict[str, Any] = json.loads(meta)
        yield Found(address, title, facts)
