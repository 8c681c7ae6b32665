from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bench import Setting
from modiste.bench.searching import compare_methods, parse_sizes
from modiste.bench.searching.measuring import Measured, Point
from modiste.bench.searching.plot import draw_methods
from modiste.bench.searching.report import _compare_peers, _list_methods
from modiste.errors import UnknownNameError, UsageError


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


def test_above_two_hundred_thousand_only_what_is_named_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.bench.searching.report._LARGE", 1000)

    def name(**given) -> list[str]:
        return [method.name for method in _list_methods(3000, **{"peers": True, "kinds": (), "large": ()} | given)]

    assert name() == ["exact", "ivf-sq8", "hnswlib"]
    assert name(peers=False) == ["exact", "ivf-sq8"]
    assert name(kinds=["pq"], large=["hnsw", "LanceDB IVF_PQ"]) == ["hnsw", "LanceDB IVF_PQ"]
    with pytest.raises(UnknownNameError, match="hnswlib"):
        compare_methods(Setting(data=None, say=lambda _: None), ["4k"], large=["hnswlip"])


def test_peers_are_compared_at_what_they_need_and_at_what_the_default_comes_with() -> None:
    def measure(name: str, *curve: tuple[float | None, float, float]) -> Measured:
        points = tuple(Point(effort, recall, 1.0, times) for effort, recall, times in curve)
        return Measured(name, points[0], points, {}, {}, {}, 0.0, 0)

    own = measure("ivf-sq8", (None, 0.997, 60), (4, 0.985, 90), (6, 0.993, 70), (8, 0.997, 60))
    peer = measure("hnswlib", (None, 0.998, 40), (16, 0.98, 200), (32, 0.991, 100), (96, 0.9975, 50))
    targets = _compare_peers("4k", own, [own, peer], 0.99)
    assert [round(target.seen, 2) for target in targets] == [0.7, 1.2]
    assert "0.9910" in targets[0].name and "0.9970, against 0.9975" in targets[1].name
    best = measure("hnswlib", (None, 0.98, 50), (16, 0.96, 200))
    assert [round(target.seen, 2) for target in _compare_peers("4k", own, [best], 0.99)] == [1.8, 1.2]


@pytest.mark.parametrize("text", ["", "many", "44k,", "44x", "100"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected|size"):
        parse_sizes(text)
