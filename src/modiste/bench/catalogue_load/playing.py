"""The two roles of the load test, each in a process of its own: ``python -m modiste.bench.catalogue_load.playing``."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from modiste.bench.catalogue_load.journal import JournalReader, JournalWriter, read_journal
from modiste.bench.catalogue_load.world import (
    Change,
    Shop,
    build_item,
    draw_change,
    draw_price,
    draw_vector,
    stack_vectors,
)
from modiste.catalogue import ItemChange
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.local import LocalBackend

__all__ = ["JOURNAL", "play_reader", "play_writer"]

JOURNAL: Final = "journal.jsonl"
K: Final = 10
_SHOP: Final = "shop"
_WRITER_REST: Final = 0.01
_READER_REST: Final = 0.04
_FOR_EVER: Final = 1 << 40


def play_writer(folder: Path, seed: int, *, changes: int = _FOR_EVER) -> None:
    """Change the catalogue until killed; first find out what became of the change that the last writer died in."""
    backend = LocalBackend(folder / _SHOP)
    journal, past = JournalWriter(folder / JOURNAL), read_journal(folder / JOURNAL)
    shop = replay(past.changes, past.applied)
    if past.pending is not None:
        applied = _was_applied(backend, past.pending)
        journal.end(past.pending, applied=applied)
        if applied:
            shop.apply(past.pending)
    for number in range(len(past.changes) + 1, len(past.changes) + 1 + changes):
        change = draw_change(number, shop, seed)
        journal.begin(change)
        _carry_out(backend, change)
        journal.end(change, applied=True)
        shop.apply(change)
        time.sleep(_WRITER_REST)


def replay(changes: tuple[Change, ...], applied: tuple[bool | None, ...]) -> Shop:
    """Return the state after all changes that are known to have been carried out."""
    shop = Shop()
    for change, done in zip(changes, applied, strict=True):
        if done:
            shop.apply(change)
    return shop


def play_reader(folder: Path, number: int) -> None:
    """Search until killed, and write down each answer with what was settled before and begun until after it."""
    rng = random.Random(number)  # noqa: S311  (nothing secret)
    backend, journal = LocalBackend(folder / _SHOP), JournalReader(folder / JOURNAL)
    with (folder / f"answers-{number}.jsonl").open("a", encoding="utf-8") as file:
        while True:
            query, ceiling = rng.randrange(1 << 30), rng.choice((None, None, 800, 3000))
            journal.look()
            before = journal.settled
            where = None if ceiling is None else parse_filter(f"price <= {ceiling}")
            found = backend.nearest(draw_vector("query", query), K, where=where)
            journal.look()
            answer = {
                "query": query,
                "ceiling": ceiling,
                "settled": before,
                "begun": journal.begun,
                "ids": found.item_ids,
                "scores": [round(float(score), 6) for score in found.scores],
            }
            file.write(json.dumps(answer) + "\n")
            file.flush()
            time.sleep(_READER_REST * 2 * rng.random())


def _carry_out(backend: LocalBackend, change: Change) -> None:
    if change.kind == "put":
        backend.put([build_item(*pair) for pair in change.items], stack_vectors(change.items))
    elif change.kind == "patch":
        prices = [(name, draw_price(name, version), version) for name, version in change.items]
        backend.patch([ItemChange(name, price=price, details={"version": version}) for name, price, version in prices])
    else:
        backend.remove([name for name, _ in change.items])


def _was_applied(backend: LocalBackend, change: Change) -> bool:
    """Find out whether a change is in the catalogue: wholly, or not at all."""
    names = [name for name, _ in change.items]
    items = backend.get(names)
    if change.kind == "remove":
        found = [name not in items for name in names]
    else:
        found = [name in items and items[name].details["version"] == version for name, version in change.items]
    if any(found) != all(found):
        raise AssertionError(f"change {change.number} was carried out in part: {found}")
    if change.kind == "put" and found[0]:
        stored = backend.get_vectors(names)
        same = [np.allclose(stored[name], draw_vector(name, version), atol=1e-5) for name, version in change.items]
        if not all(same):
            raise AssertionError(f"change {change.number} left vectors of another version")
    return bool(found[0])


def _main(words: list[str]) -> None:
    role, folder, number = words
    if role == "writer":
        play_writer(Path(folder), int(number))
    play_reader(Path(folder), int(number))


if __name__ == "__main__":
    _main(sys.argv[1:])
