"""Read one data set and say on one line of JSON how long it took: ``python -m modiste.bench.read_once SOURCE``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from modiste.readers import read_source

__all__ = ["main"]


def main(source: Path) -> str:
    """Read a data set.

    Args:
        source: Where it is.

    Returns:
        JSON: ``seconds``, ``reader``, ``items``, ``problems``, ``fields`` (name -> how many items are labelled).
    """
    start = time.perf_counter()
    manifest = read_source(source)
    seconds = time.perf_counter() - start
    fields = {field.name: manifest.labels(field.name).count() for field in manifest.taxonomy}
    reader = manifest.items["source"][0]
    told = {"seconds": seconds, "reader": reader, "items": len(manifest), "problems": len(manifest.problems)}
    return json.dumps({**told, "fields": fields})


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1])) + "\n")
