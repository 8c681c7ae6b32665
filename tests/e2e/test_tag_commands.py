"""The commands tag, embed, doctor and bundle, as a user types them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from modiste.cli.main import main

TINY = Path(__file__).resolve().parents[1] / "golden" / "tiny"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "photos").mkdir()
    for number in range(6):
        shutil.copy(TINY / f"{number}.jpg", tmp_path / "photos" / f"{number // 2}-{number}.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def run(capsys: pytest.CaptureFixture[str], line: str, *more: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as leaving:
        main([*line.split(), *more])
    said = capsys.readouterr()
    return int(leaving.value.code or 0), said.out, said.err


def test_tag_writes_a_table_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, f"tag photos -o tags.csv --bundle {TINY} --threads 1")
    assert code == 0
    lines = out.splitlines()
    assert re.fullmatch(r"tagged 6 of 6 pictures in \d+\.\d s \(\d+ pictures/s\)", lines[0])
    assert re.fullmatch(r"tags\.csv: 6 rows, \d doubtful", lines[1])
    assert len(lines) == 2
    assert pl.read_csv("tags.csv").height == 6


def test_tag_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    Path("names.toml").write_text('[fields]\nkind = "group"\n[values.kind]\nBags = "Taschen"\n', encoding="utf-8")
    options = "--fields kind,colour --top-k 2 --min-confidence 0.3 --by product --map names.toml --overwrite"
    code, _, _ = run(capsys, f"tag photos -o tags.jsonl --bundle {TINY} {options} --product-pattern", "^([0-9]+)-")
    assert code == 0
    rows = [json.loads(line) for line in Path("tags.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["product_id"] for row in rows] == ["0", "1", "2"]
    assert list(rows[0]) == [
        "product_id", "pictures", "image", "group", "group_confidence", "group_2", "group_2_confidence",
        "colour", "colour_confidence", "colour_2", "colour_2_confidence", "disagreement", "doubtful",
    ]  # fmt: skip


def test_failures_are_listed_and_the_exit_code_says_so(capsys: pytest.CaptureFixture[str], shop: Path) -> None:
    (shop / "bad.jpg").write_bytes(b"hello")
    code, out, _ = run(capsys, f"tag photos -o tags.csv --bundle {TINY}")
    assert code == 1
    assert out.startswith("tagged 6 of 7 pictures in ")
    assert out.endswith("tags.errors.csv: 1 that could not be read, with reasons\n")
    assert pl.read_csv("tags.errors.csv")["image"].to_list() == [str(Path("photos/bad.jpg"))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("tag photos", "Type: modiste tag PATHS -o tags.csv"),
        ("embed photos", "Type: modiste embed PATHS -o vectors.parquet"),
        ("tag nowhere -o tags.csv --bundle {TINY}", "no file or folder 'nowhere'"),
        ("tag https://x.example/a.jpg -o tags.csv --bundle {TINY}", "Type: modiste data fetch"),
        ("tag photos -o tags.txt --bundle {TINY}", "no output format '.txt'"),
        ("tag photos -o tags.csv --bundle photos", "has no bundle.json"),
        ("tag photos -o photos/0-0.jpg/t.csv --bundle {TINY}", "nothing can be written to photos/0-0.jpg"),
        ("tag photos -o tags.csv --bundle {TINY} --map nowhere.toml", "nowhere.toml can't be read"),
        ("bundle verify photos", "has no bundle.json"),
    ],
)
def test_wrong_use_exits_with_2(capsys: pytest.CaptureFixture[str], line: str, reason: str) -> None:
    code, out, err = run(capsys, line.format(TINY=TINY))
    assert code == 2
    assert reason in err
    assert err.startswith("error: ")
    assert not out
    assert not list(Path().glob("*tags*"))


def test_an_unknown_choice_lists_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, f"tag photos -o tags.csv --bundle {TINY} --by shop")
    assert code == 2
    assert "picture" in err
    assert "product" in err


def test_errors_of_another_output_are_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, f"tag photos -o tags.csv --bundle {TINY}")[0] == 0
    code, _, err = run(capsys, f"tag photos -o tags.xlsx --bundle {TINY}")
    assert code == 2
    assert "tags.errors.csv exists already and would be written beside tags.xlsx" in err


def test_a_finished_output_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, f"tag photos -o tags.csv --bundle {TINY}")[0] == 0
    before = Path("tags.csv").read_bytes()
    code, _, err = run(capsys, f"tag photos -o tags.csv --bundle {TINY}")
    assert code == 2
    assert "add --overwrite to replace it" in err
    assert run(capsys, f"tag photos -o tags.csv --bundle {TINY} --overwrite")[0] == 0
    assert Path("tags.csv").read_bytes() == before


@pytest.mark.parametrize("line", ["tag photos -o tags.csv", "embed photos -o vectors.npy"])
def test_ctrl_c_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("modiste.batch.jobs.run_parts", stop)
    code, out, err = run(capsys, f"{line} --bundle {TINY}")
    assert (code, out) == (130, "")
    assert err == "stopped; the same command goes on where it was\n"


@pytest.mark.parametrize("suffix", ["parquet", "npy"])
def test_embed_writes_vectors(capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    code, out, _ = run(capsys, f"embed photos -o vectors.{suffix} --bundle {TINY}")
    assert code == 0
    assert out.startswith("embedded 6 of 6 pictures")
    assert Path(f"vectors.{suffix}").stat().st_size > 0
    assert Path("vectors.json").exists() == (suffix == "npy")


def test_doctor_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, f"doctor --bundle {TINY}")
    assert code == 0
    for expected in ("golden tiny", "verified", "CPUExecutionProvider", "JPEG", "kind (3)", "modiste works", "cores"):
        assert expected in out
    code, out, _ = run(capsys, f"doctor --json --bundle {TINY}")
    found = json.loads(out)
    assert found["works"]
    assert found["bundle"]["fields"] == {"kind": 3, "article": 7, "colour": 5, "material": 3}
    assert set(found["extras"]) >= {"train", "report"}
    assert found["base"]["numpy"]


def test_doctor_names_what_is_missing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = run(capsys, "doctor --bundle photos")
    assert code == 1
    assert "has no bundle.json" in out
    assert "does not work yet" in out
    known = {"torch": None, "numpy": "1"}
    monkeypatch.setattr("modiste.cli.doctor._find_version", lambda name: known.get(name, "1"))
    code, out, _ = run(capsys, f"doctor --bundle {TINY}")
    assert code == 0
    assert "pip install 'modiste[train]'" in out
    known["numpy"] = None
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "modiste lacks numpy" in out


def test_bundle_info_and_verify(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, f"bundle info {TINY}")
    assert code == 0
    assert "# golden tiny" in out
    code, out, _ = run(capsys, f"bundle info {TINY} --json")
    assert json.loads(out)["name"] == "golden tiny"
    code, out, _ = run(capsys, f"bundle verify {TINY}")
    assert code == 0
    assert "is whole" in out
