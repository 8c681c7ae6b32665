from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modiste.bench.searching.filtering import measure_filters, measure_product
from modiste.bench.searching.measuring import Ground, measure_method
from modiste.bench.searching.memory import find_method, main
from modiste.bench.searching.methods import KindMethod, list_kind_methods
from modiste.bench.searching.peers import SourceMethod, list_peer_methods
from modiste.bench.searching.vectors import draw_vectors
from modiste.catalogue.index import ExactIndex, build_index
from modiste.errors import MissingExtraError, UnknownNameError


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    path = tmp_path_factory.mktemp("ground") / "vectors.npy"
    drawn = draw_vectors(3100, seed=3)
    np.save(path, drawn[:3000])
    return Ground.prepare(path, np.load(path, mmap_mode="r"), drawn[3000:])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_SECONDS", 0.05), ("_ROUNDS", 2), ("_BESIDE", 5)):
        monkeypatch.setattr(f"modiste.bench.searching.measuring.{name}", value)
    monkeypatch.setattr("modiste.bench.searching.filtering._ROUNDS", 2)
    monkeypatch.setattr("modiste.bench.searching.filtering._QUERIES", 10)


def test_recall_counts_equal_cosines_as_equal(ground: Ground) -> None:
    exact = ExactIndex(ground.vectors).search(ground.queries, 10).rows
    assert ground.score(exact) == 1
    worse = exact.copy()
    worse[:, 5:] = -1
    assert ground.score(worse) == pytest.approx(0.5)
    copies = exact.copy()
    copies[:, 1:] = exact[:, :1]
    assert ground.score(copies) == pytest.approx(0.1)


def test_a_method_is_measured_with_a_curve(ground: Ground) -> None:
    found = measure_method(KindMethod("ivf-sq8"), ground, floor=0.9, say=lambda _: None)
    assert found.curve[0].effort is None and len(found.curve) == 1 + len(KindMethod("ivf-sq8").efforts)
    assert found.shown.recall >= 0.9 and set(found.alone) == {1, 2}
    assert found.disk > 3000 * 256 and found.memory is not None and found.memory > 10**7
    fastest = found.find_fastest(0.9)
    assert fastest is not None and found.find_fastest(1.1) is None and found.compare() > 0


@pytest.mark.parametrize("name", ["exact", "pca", "hnsw-sq8"])
def test_every_family_of_kinds_takes_its_efforts(name: str, ground: Ground, tmp_path: Path) -> None:
    method = KindMethod(name)
    method.build(ground.vectors, tmp_path, 1)
    opened = method.open(ground.vectors, tmp_path)
    for effort in (None, *method.efforts[-1:]):
        assert ground.score(opened.prepare(effort, 1)(ground.queries, 10)) > 0.9


@pytest.mark.parametrize("way", ["naive", "clusters", "components"])
def test_the_settings_of_s1_answer_as_they_should(way: str, ground: Ground, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    method = SourceMethod(way)
    method.build(ground.vectors, tmp_path, 1)
    rows = method.open(ground.vectors, tmp_path).prepare(None, 1)(ground.queries[:20], 10)
    assert rows.shape == (20, 10)
    assert ground.score(rows) >= {"naive": 1.0, "clusters": 0.5, "components": 0.2}[way]


def test_hnswlib_answers_as_it_should(ground: Ground, tmp_path: Path) -> None:
    pytest.importorskip("hnswlib")
    method = find_method("hnswlib")
    method.build(ground.vectors, tmp_path, 1)
    assert ground.score(method.open(ground.vectors, tmp_path).prepare(96, 1)(ground.queries, 10)) > 0.95


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, ground: Ground, tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(MissingExtraError, match=r"modiste\[bench\]"):
        find_method("hnswlib").build(ground.vectors, tmp_path, 1)


def test_filters_and_the_bare_product_are_measured(ground: Ground) -> None:
    found = measure_filters(ground, [ExactIndex(ground.vectors, 1), build_index("ivf-sq8", ground.vectors, threads=1)])
    assert len(found) == 6 and all(filtered.recall == 1 and len(filtered.cost) == 2 for filtered in found)
    assert set(measure_product(ground)) == {1, 2, None}


def test_methods_are_found_by_their_names(ground: Ground, tmp_path: Path) -> None:
    names = [method.name for method in (*list_kind_methods(), *list_peer_methods(1000))]
    assert len(set(names)) == len(names) and {"S1, 50 clusters"} == {*names} - {
        method.name for method in (*list_kind_methods(), *list_peer_methods(10**6))
    }
    with pytest.raises(UnknownNameError, match="hnswlib"):
        find_method("hnswlip")
    np.save(tmp_path / "queries.npy", ground.queries[:3])
    KindMethod("exact").build(ground.vectors, tmp_path, 1)
    main("exact", ground.path, tmp_path, tmp_path / "queries.npy")
