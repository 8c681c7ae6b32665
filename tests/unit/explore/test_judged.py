"""The report of an evaluation: it shows what a loop finds, and its page holds whatever a shop calls its things."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from modiste.errors import UsageError
from modiste.evaluation import Epoch, Predictions, judge, select_part
from modiste.explore.judged import JudgedReport, build_views, render_evaluation_page, write_evaluation_figures
from modiste.explore.judged import page as page_module
from modiste.manifest import Manifest

HOSTILE = "</script><b>&\"'$x$"
KINDS = ("Bags", HOSTILE, "Shoes")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Sixty rows of three kinds and two materials, of which a third are wrong; the last row has no picture."""
    folder, draw = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    rows = []
    for at in range(60):
        Image.fromarray(draw.integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(folder / f"{at}.png")
        image = folder / (f"{at}.png" if at < 59 else "gone.png")
        rows.append({"item_id": f"i{at}", "image": str(image), "source": "test", "title": HOSTILE if at == 1 else None})
        rows[-1] |= {"label.kind": KINDS[at % 3] if at != 5 else None, "label.material": ["silk"] if at % 2 else []}
    shop = Manifest.from_rows(rows)
    scores = {}
    for field in shop.taxonomy:
        scores[field.name] = draw.dirichlet(np.full(len(field), 0.6) if len(field) > 1 else [1, 1], 60)[:, : len(field)]
        scores[field.name] = scores[field.name].astype(np.float32)
    for at in range(40):
        scores["kind"][at] = np.eye(3)[shop.taxonomy["kind"].index(KINDS[at % 3])] * 0.9 + 1 / 30
    told = Predictions.from_scores(shop.taxonomy, [f"i{at}" for at in range(60)], scores)
    part = select_part(shop, None)
    facts = {"system": HOSTILE, "command": "`modiste evaluate`"}
    return JudgedReport(f"A {HOSTILE}", part.rows, told, judge(part, told, replicates=5), facts, doubt={"kind": 0.5})


def list_verdicts(report):
    """Return row -> label, answer and confidence of the kind, by looking at each row."""
    field, scores = report.rows.taxonomy["kind"], report.predictions.scores["kind"]
    labels = report.rows.labels("kind").to_list()
    return {
        row: (label, field.values[int(scores[row].argmax())], float(scores[row].max()))
        for row, label in enumerate(labels)
        if label is not None
    }


def test_views_are_what_a_loop_finds(report):
    kind, material = build_views(report)
    told = list_verdicts(report)
    wrong = {row: entry for row, entry in told.items() if entry[0] != entry[1]}
    surest = sorted(wrong, key=lambda row: -wrong[row][2])[:18]
    assert [mistake.row for mistake in kind.worst] == surest
    assert all(mistake[1:3] == wrong[mistake.row][:2] for mistake in kind.worst)
    for pair in kind.pairs:
        rows = [row for row, entry in wrong.items() if entry[:2] == (pair.truth, pair.answer)]
        assert pair.times == len(rows) and set(pair.rows) <= set(rows)
        assert pair.share == pytest.approx(len(rows) / sum(entry[0] == pair.truth for entry in told.values()))
    assert kind.confusion.sum() == len(told) == 59
    for row in kind.classes:
        hits = sum(entry[:2] == (row.value, row.value) for entry in told.values())
        assert row.recall == pytest.approx(hits / row.rows) and row.precision == pytest.approx(hits / row.answered)
    assert material.values == () and material.pairs == () and material.classes[0].rows == 30
    assert {mistake.row for mistake in kind.suspects} <= set(wrong)


def test_page_holds_everything_and_escapes_what_strangers_wrote(report):
    page = render_evaluation_page(report)
    assert HOSTILE not in page and "&lt;/script&gt;&lt;b&gt;" in page
    assert page.count("<script") == 1 and not re.search(r"(?:src|href)=[\"']?(?!#)[a-z]+:", page)
    assert len(page.encode()) < 8_000_000
    assert "no picture" in page or "i59" not in page
    for name in ("figures", "classes", "confusion", "pairs", "examples", "worst", "labels", "trust", "facts"):
        assert f'<section id="{name}"' in page
    assert "<code>modiste evaluate</code>" in page


def test_page_of_a_few_perfect_rows_says_that_nothing_is_wrong(report):
    shop = report.rows.where(report.rows.items["item_id"].is_in(["i0", "i1", "i2"]))
    part = select_part(shop, None)
    tables = judge(part, report.predictions, replicates=2, fields=["kind"])
    page = render_evaluation_page(JudgedReport("Few", part.rows, report.predictions, tables, {}))
    assert "No class is taken for another." in page and "No answer is wrong." in page
    assert "only 3 rows" in page


def test_figures_are_drawn(report, tmp_path):
    pytest.importorskip("matplotlib")
    names = {path.name for path in write_evaluation_figures(tmp_path / "figures", report)}
    assert {"figures.png", "confusion-kind.png", "classes-material.png", "curves-kind.png", "errors-kind.png"} <= names
    assert "confusion-material.png" not in names
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="wants a folder"):
        write_evaluation_figures(tmp_path / "file", report)


HISTORY = (
    Epoch("heads", 1, 3.0, 10.0, 2.0, 1.5, 0.4, 1e-3),
    Epoch("all", 1, 1.0, 30.0, 1.0, 0.875, 0.6, 2e-3),
    Epoch("all", 2, 0.0, 30.0, 0.5, 1.0, 0.7, 1e-5),
)


def test_the_training_is_drawn_where_it_is_known(report, tmp_path):
    known = replace(report, history=HISTORY)
    page = render_evaluation_page(known)
    section = page.partition('<section id="training"')[2].partition("</section>")[0]
    assert "3 epochs in 1.2 minutes, 23.3 seconds an epoch" in section
    assert "0.8750, was that of epoch 1 of the stage all" in section
    assert section.count("<svg") == 3 and section.count("<polyline") == 4
    assert '<section id="training"' not in render_evaluation_page(report)
    pytest.importorskip("matplotlib")
    assert (tmp_path / "training.png") in write_evaluation_figures(tmp_path, known)
    assert (tmp_path / "training.png").stat().st_size > 10_000


@pytest.mark.slow
def test_page_of_very_many_classes_and_long_names_stays_below_eight_megabytes(tmp_path):
    draw = np.random.default_rng(0)
    names = [f"{at:04d} " + "ß<" * 150 for at in range(700)]
    rows = []
    for at in range(600):
        image = tmp_path / f"{at % 50}.png"
        if at < 50:
            Image.fromarray(draw.integers(0, 256, (60, 45, 3), dtype=np.uint8)).save(image)
        labels = {f"label.f{field}": names[int(draw.integers(700))] for field in range(5)}
        rows.append({"item_id": f"i{at}", "image": str(image), "source": "test", "title": "t" * 500, **labels})
    shop = Manifest.from_rows(rows)
    scores = {field.name: draw.random((600, len(field)), dtype=np.float32) for field in shop.taxonomy}
    told = Predictions.from_scores(shop.taxonomy, [row["item_id"] for row in rows], scores)
    part = select_part(shop, None)
    page = render_evaluation_page(JudgedReport("Wide", part.rows, told, judge(part, told, replicates=1), {}))
    assert len(page.encode()) < 8_000_000


def test_page_that_would_be_too_large_shows_less_and_says_so(report, monkeypatch):
    monkeypatch.setattr(page_module, "_LIMITS", (page_module._Limits(10_000, 1, 2, 3),))
    page = render_evaluation_page(report)
    assert "at most 1 fields, 2 classes of each, and the 3 fullest cells" in page
    assert page.count("data-cell=") == 3 and "<h3>material</h3>" not in page
