"""Figures enter the card without changing an answer, and only those of the same bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from modiste.bundle import Bundle, add_figures
from modiste.errors import UsageError
from tests.conftest import REPOSITORY

INTERVAL = {"value": 0.9, "low": 0.88, "high": 0.92}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    shutil.copytree(REPOSITORY / "tests" / "golden" / "tiny", tmp_path / "bundle")
    return Bundle.open(tmp_path / "bundle")


def make_report(fingerprint: str) -> dict[str, object]:
    field = {"rows": 10, "accuracy": INTERVAL, "macro_f1": INTERVAL, "majority": 0.4}
    table = {"rows": 10, "fields": {"kind": field}, "whole": {"mean_accuracy": INTERVAL, "all_right": None}}
    return {
        "title": "Accuracy",
        "facts": {"bundle": f"tiny, fingerprint {fingerprint}"},
        "sections": {"all rows": table},
    }


def test_card_shows_the_figures_and_the_fingerprint_stays(bundle: Bundle) -> None:
    add_figures(bundle, make_report(bundle.fingerprint))
    again = Bundle.open(bundle.path)
    assert "0.9000 [0.8800, 0.9200]" in again.card
    assert again.fingerprint == bundle.fingerprint
    assert again.spec.metrics["Accuracy"]["all rows"]["by field"]["kind"]["majority"] == 0.4  # type: ignore[index,call-overload]


def test_report_of_another_bundle_is_refused(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="run it again"):
        add_figures(bundle, make_report("0" * 64))


def test_report_without_figures_is_refused(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="no figures"):
        add_figures(bundle, make_report(bundle.fingerprint) | {"sections": {"note": None}})
