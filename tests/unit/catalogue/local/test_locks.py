"""Opening a catalogue again within a process must not drop the locks of what is open there already.

POSIX drops all locks of a process on a file when any descriptor of it is closed; other processes then take themselves
for the only ones, and remove the journal under those that write into it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from modiste.catalogue import CatalogueHead, CatalogueItem
from modiste.catalogue.local import LocalBackend
from modiste.catalogue.local.verification import verify
from modiste.taxonomy import Taxonomy

OTHER = """
import sys
import numpy as np
from modiste.catalogue import CatalogueItem
from modiste.catalogue.local import LocalBackend
with LocalBackend(sys.argv[1]) as backend:
    backend.put([CatalogueItem(sys.argv[2])], np.eye(4, dtype=np.float32)[:1])
    print(sorted(backend.list_ids()))
"""


def put_elsewhere(place: Path, name: str) -> str:
    words = [sys.executable, "-c", OTHER, str(place), name]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_nothing_is_lost_when_a_catalogue_is_opened_twice(tmp_path: Path) -> None:
    place = tmp_path / "c"
    first = LocalBackend(place, create=CatalogueHead("f" * 64, "tiny", 4, Taxonomy(())))
    first.put([CatalogueItem("a")], np.eye(4, dtype=np.float32)[1:2])
    LocalBackend(place).close()  # looks at the file's head, too
    assert put_elsewhere(place, "b") == "['a', 'b']"
    assert sorted(first.list_ids()) == ["a", "b"]
    first.put([CatalogueItem("c")], np.eye(4, dtype=np.float32)[2:3])
    assert put_elsewhere(place, "d") == "['a', 'b', 'c', 'd']"
    verify(place)
    assert put_elsewhere(place, "e") == "['a', 'b', 'c', 'd', 'e']"
    assert sorted(first.list_ids()) == ["a", "b", "c", "d", "e"]
    first.close()
    assert not verify(place)
