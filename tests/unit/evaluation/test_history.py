"""The history of a run: what is written is read, and what is no history is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from modiste.errors import UsageError
from modiste.evaluation import Epoch, add_epoch, read_history, sum_seconds

FIRST = Epoch("heads", 1, 2.5, 10.0, 1.25, 1.5, 0.5, 1e-3)
SECOND = Epoch("all, with a comma", 1, 0.0, 20.0, 1.0, 1.25, 0.75, 0.000123456)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    assert read_history(path) == ()
    for epoch in (FIRST, SECOND, SECOND._replace(epoch=2)):
        add_epoch(path, epoch)
    assert read_history(path) == (FIRST, SECOND, SECOND._replace(epoch=2))
    add_epoch(path, SECOND._replace(seconds=40.0))
    assert read_history(path) == (FIRST, SECOND._replace(seconds=40.0))
    assert sum_seconds(read_history(path)) == 52.5
    assert [entry.name for entry in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        ",".join(Epoch._fields) + "\nall,1,2\n",
        ",".join(Epoch._fields) + "\nall,0,1,1,1,1,1,1\n",
        ",".join(Epoch._fields) + "\nall,1,1,1,nan,1,1,1\n",
        ",".join(Epoch._fields) + "\nall,one,1,1,1,1,1,1\n",
        ",".join(Epoch._fields) + '\n"all\n',
    ],
)
def test_what_is_no_history_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="is not the history of a run"):
        read_history(path)
