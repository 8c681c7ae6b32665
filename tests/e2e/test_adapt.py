"""From a drawn shop with own labels to a bundle that tags with them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.cli.main import main
from modiste.synthetic import write_shop

FAMILIES = {"Topwear": "Tops", "Bottomwear": "Bottoms", "Shoes": "Feet", "Watches": "Wrist", "Bags": "Hand"}


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert isinstance(end.value.code, int)
    return end.value.code


def test_adapt_then_verify_tag_and_evaluate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shop = write_shop(tmp_path / "shop", 120, seed=4, size=(60, 80))
    styles = pl.read_csv(shop / "styles.csv", infer_schema=False)
    table = styles.select(
        image="shop/images/" + pl.col("id") + ".jpg",
        family=pl.col("subCategory").replace_strict(FAMILIES, default=None),
        title="productDisplayName",
    )
    table.drop_nulls("family").write_csv("my.csv")
    words = ["adapt", "--data", "my.csv", "-o", "mine", "--fields", "family", "--keep", "gender,season"]
    assert call(*words, "--min-count", "4", "--threads", "1") == 0
    told = capsys.readouterr()
    assert "Kept as they were: gender, season" in told.out
    assert "modiste tag photos/ -o tags.csv --bundle mine" in told.out
    assert "items to learn from" in told.err
    assert call("bundle", "verify", "mine") == 0
    assert call("tag", "shop/images", "-o", "tags.csv", "--bundle", "mine") == 0
    tags = pl.read_csv("tags.csv")
    assert {"gender", "season", "family"} <= set(tags.columns)
    judge = ["evaluate", "mine", "--data", "my.csv", "--fields", "family", "--replicates", "50"]
    assert call(*judge) == 2  # it learnt from these, and knows it
    assert call(*judge, "--allow-seen") == 0
    assert call(*words) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["adapt"], "needs --data SOURCE and -o FOLDER"),
        (["adapt", "--data", "x.csv", "-o", "mine", "--from", "run"], "add --deep"),
        (["adapt", "mine", "--data", "x.csv", "-o", "new", "--deep", "--from", "run"], "two beginnings"),
        (["adapt", "nowhere", "--data", "x.csv", "-o", "mine"], "there is no bundle at nowhere"),
        (["adapt", "--data", "x.csv", "-o", "mine", "--held-out", "2"], "--held-out 2.0"),
    ],
)
def test_wrong_use_is_said_in_one_line(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*words) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert text in said
