"""The research formats from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modiste.cli.data import app
from tests.unit.readers.conftest import write_folder
from tests.unit.readers.research_sets import LABEL_MAP, make_deepfashion, make_fashion_mnist, make_imaterialist


def inspect(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["inspect", *words, "--json"])
    assert result.exit_code == 0, result.output
    described: dict[str, object] = json.loads(result.stdout)
    return described


def test_the_upper_body_selection(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "set", make_deepfashion())
    described = inspect(str(root), "--category-types", "upper-body")
    assert described["readers"] == ["deepfashion"] and described["items"] == 2 and described["rows"] == 4


def test_a_label_map(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "set", make_imaterialist())
    (tmp_path / "names.csv").write_text(LABEL_MAP, encoding="utf-8")
    described = inspect(str(root), "--label-map", str(tmp_path / "names.csv"))
    assert [field["name"] for field in described["fields"]] == ["category", "color", "gender", "style"]
    assert [field["name"] for field in inspect(str(root))["fields"]] == ["label"]


@pytest.mark.parametrize("words", [["--category-types", "upper"], ["--label-map", "x.csv"]])
def test_mistakes_are_no_tracebacks(tmp_path: Path, words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    from modiste.cli.main import main

    root = write_folder(tmp_path / "set", make_deepfashion())
    with pytest.raises(SystemExit) as ended:
        main(["data", "inspect", str(root), "--reader", "deepfashion", *words])
    assert ended.value.code == 2
    assert "Traceback" not in capfd.readouterr().err


def test_fashion_mnist(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "set", make_fashion_mnist())
    described = inspect(str(root))
    assert described["pictures"]["in_archives"] == 15
    assert [entry["split"] for entry in described["splits"]] == ["train", "test"]
