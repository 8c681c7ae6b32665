"""``modiste data fetch`` and ``modiste data collect`` as typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from modiste.cli.main import main
from modiste.readers import read_source
from tests.unit.collect.web import Asked, Reply, draw, serve


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modiste", "data", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def answer(asked: Asked) -> Reply:
    name = asked.path.strip("/").removesuffix(".jpg")
    if asked.path == "/find":
        found = [{"link": f"http://{asked.headers['Host']}/{number}.jpg"} for number in range(4)]
        return Reply(json.dumps({"hits": found}).encode())
    return Reply(draw(int(name))) if int(name) < 5 else Reply(status=404)


def test_fetch_then_inspect(tmp_path: Path) -> None:
    with serve(answer) as web:
        lines = [f"{web.base}/{number}.jpg" for number in range(6)]
        (tmp_path / "urls.txt").write_text("\n".join(lines))
        refused = run(tmp_path, "fetch", "urls.txt", "private")
        done = run(tmp_path, "fetch", "urls.txt", "shop", "--allow-private", "--shards", "tar", "--attempts", "2")
        again = run(tmp_path, "fetch", "urls.txt", "shop", "--allow-private", "--shards", "tar", "--attempts", "2")
    assert refused.returncode == 1
    assert "fetched 0 of 6" in refused.stdout
    assert done.returncode == 1
    assert "fetched 5 of 6 pictures" in done.stdout
    assert "shop.errors.csv: 1 that did not arrive" in done.stdout
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    shown = run(tmp_path, "inspect", "shop", "--json")
    assert json.loads(shown.stdout)["pictures"]["in_archives"] == 5


def test_collect_with_a_described_search(tmp_path: Path) -> None:
    with serve(answer) as web:
        text = f'name = "own"\naddress = "{web.base}/find"\ninterval = 0\n[parameters]\nq = "{{term}}"\n'
        (tmp_path / "own.toml").write_text(text + '[fields]\nresults = "hits"\naddress = "link"\n')
        words = ("collect", "set", "--colours", "red,blue", "--garments", "dress", "--per-term", "3")
        done = run(tmp_path, *words, "--provider", "own.toml", "--allow-private")
    assert done.returncode == 0, done.stderr
    assert "red dress" in done.stdout
    manifest = read_source(tmp_path / "set")
    assert manifest.labels("garment").to_list() == ["dress"] * 3
    assert manifest.labels("colour").to_list() == [None] * 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("fetch", "nothing.txt", "out"), "nothing.txt"),
        (("fetch", "urls.txt", "out", "--shards", "rar"), "there is no shard format 'rar'"),
        (("fetch", "urls.txt", "out", "--hash-column", "sha"), "there is no column 'sha'"),
        (("collect", "out"), "--terms 'red dress'"),
        (("collect", "out", "--terms", "red dress", "--provider", "bing"), "there is no provider 'bing'"),
        (("collect", "out", "--terms", "red dress", "--provider", "no.toml"), "no.toml can't be read"),
        (("collect", "out", "--terms", "red dress", "--licences", "by-xx"), "there is no licence of Openverse 'by-xx'"),
    ],
)
def test_mistakes_are_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    reason: str,
) -> None:
    (tmp_path / "urls.txt").write_text("https://shop.example/1.jpg")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as leaving:
        main(["data", *words])
    assert leaving.value.code == 2
    assert reason in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["urls.txt"]
