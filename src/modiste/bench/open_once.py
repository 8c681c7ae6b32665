"""Opens a catalogue in a fresh process and searches it once: ``python -m modiste.bench.open_once CATALOGUE ITEM``."""

from __future__ import annotations

import sys
import time


def _main(place: str, item: str) -> None:
    start = time.perf_counter()
    from modiste.catalogue import Catalogue

    with Catalogue.open(place) as catalogue:
        opened = time.perf_counter()
        catalogue.search(item=item, k=10)
        found = time.perf_counter()
    sys.stdout.write(f"{opened - start:.4f} {found - start:.4f}\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
