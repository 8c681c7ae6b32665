from __future__ import annotations

import sys

import pytest

from modiste.batch.progress import show_progress


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(10, done=0, label="tagging") as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_how_far(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with show_progress(100, done=40, label="tagging") as advance:
        advance(10)
        advance(10)
    out, err = capsys.readouterr()
    assert not out
    assert "tagging" in err
    assert "60/100" in err
