from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bench import Setting
from modiste.bench.searching import compare_methods, parse_sizes
from modiste.bench.searching.plot import draw_methods
from modiste.errors import UsageError


def test_the_report_has_a_table_a_size_and_the_plot_a_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    for name, value in (("_SECONDS", 0.02), ("_ROUNDS", 2), ("_BESIDE", 5)):
        monkeypatch.setattr(f"modiste.bench.searching.measuring.{name}", value)
    monkeypatch.setattr("modiste.bench.searching.filtering._ROUNDS", 1)
    monkeypatch.setattr("modiste.bench.searching.filtering._QUERIES", 5)
    monkeypatch.setattr("modiste.bench.searching.vectors.QUERIES", 200)
    monkeypatch.setattr("modiste.bench.searching.vectors._DRAWN", 3000)
    monkeypatch.setattr("modiste.bench.searching.report.choose_index_kind", lambda _: "ivf-sq8")
    found = compare_methods(Setting(data=None, say=lambda _: None), ["4k"], peers=False, kinds=["exact", "ivf-sq8"])
    assert [method.name for method in found.methods["4k"]] == ["exact", "ivf-sq8"]
    page = found.report.to_markdown()
    for text in ("4k vectors", "The default for so many vectors is `ivf-sq8`", "Principal components", "intrinsic"):
        assert text in page
    names = [target.name for target in found.report.targets]
    assert any("times faster than exact" in name for name in names) and len([n for n in names if "filter" in n]) == 12
    draw_methods(tmp_path / "plot.svg", found.methods, found.variance)
    assert (tmp_path / "plot.svg").read_text().count("<svg") == 1


@pytest.mark.parametrize("text", ["", "many", "44k,", "44x", "100"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected|size"):
        parse_sizes(text)
