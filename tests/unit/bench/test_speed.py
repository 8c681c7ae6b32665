from __future__ import annotations

import dataclasses
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.bench import RUNS, Setting, cold_start, memory
from modiste.bench.cold_start import list_cold_targets, measure_cold_starts
from modiste.bench.material import Material
from modiste.bench.memory import measure_memory
from modiste.bench.processes import Finished
from modiste.bench.rounds import Contestant, Timing, time_in_turns
from modiste.bench.sources_path import SIZE, SourcesPath, list_decoders
from modiste.bench.speed import measure_speed
from modiste.bench.tag_speed import TagSpeed
from modiste.cli.main import main
from modiste.errors import MissingExtraError, UsageError
from modiste.imaging import decode_picture
from tests.unit.bench.conftest import GOLDEN


def read_files(material: Material) -> list[bytes]:
    with zipfile.ZipFile(material.archive) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_contestants_take_turns() -> None:
    order: list[str] = []
    said: list[str] = []
    contestants = {name: Contestant(10, lambda name=name: order.append(name)) for name in "ab"}
    timings = time_in_turns(contestants, rounds=3, say=said.append)
    assert order == ["a", "b"] * 3
    assert [len(timing.seconds) for timing in timings.values()] == [3, 3]
    assert len(said) == 6


def test_the_targets_are_ratios_of_medians_against_the_fastest_of_the_sources() -> None:
    timings = {
        "modiste tag": Timing(100, (1.0, 2.0, 9.0)),
        "onnxruntime alone": Timing(100, (1.7, 1.6, 1.8)),
        "Pillow": Timing(10, (6.0, 6.0, 6.0)),
        "cv2": Timing(10, (5.0, 5.0, 5.0)),
    }
    alone, sources = TagSpeed(timings).list_targets()
    assert (alone.seen, alone.met) == (pytest.approx(0.85), True)
    assert (sources.seen, sources.met) == (pytest.approx(25), False)
    text = TagSpeed(timings).to_section().text
    assert "0.2 to 1.7" in text
    assert "| 30 " in text


def test_tagging_and_the_network_alone_are_measured(tiny_setting: Setting, material: Material) -> None:
    report = measure_speed(tiny_setting, material, rounds=2, sources=False)
    assert [target.name for target in report.targets] == ["tagging, as a share of onnxruntime alone"]
    data = report.sections[0].data
    assert {name: (entry["pictures"], len(entry["seconds"])) for name, entry in data.items()} == {
        "modiste tag": (70, 2),
        "onnxruntime alone": (70, 2),
    }
    assert report.facts["picture size"] == "60x80 (100.0%); the network reads 60x80"
    assert (report.facts["batch"], report.facts["threads"]) == ("32", "1")


def test_the_path_of_the_sources_gives_what_torch_gives(material: Material) -> None:
    torch = pytest.importorskip("torch")
    path = SourcesPath(threads=1)
    files = read_files(material)[:2]
    found = path.run(files)
    assert found.shape == (2, 1000)
    picture = Image.fromarray(decode_picture(files[1])).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    scaled = (np.asarray(picture) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.no_grad():
        expected = path._network(torch.from_numpy(scaled.transpose(2, 0, 1)[None]).float()).numpy()
    assert np.abs(found[1] - expected[0]).max() < 0.05 * np.abs(expected).max()


def test_the_path_of_the_sources_asks_for_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'modiste\[train\]'"):
        SourcesPath(threads=1)


def test_cv2_takes_part_only_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert list_decoders() == ["Pillow"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert list_decoders() == ["Pillow", "cv2"]


def fake_process(monkeypatch: pytest.MonkeyPatch, module: object, finished: Finished) -> list[Sequence[str]]:
    calls: list[Sequence[str]] = []

    def run(words: Sequence[str], *, folder: Path, time_limit: float) -> Finished:
        calls.append(words)
        return finished

    monkeypatch.setattr(module, "run_modiste", run)
    return calls


FINISHED = Finished(0, 0.5, "tagged", 300_000_000, stopped=False)


def test_cold_starts_are_whole_processes(
    tiny_setting: Setting, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake_process(monkeypatch, cold_start, FINISHED)
    timings = measure_cold_starts(tiny_setting, material, rounds=3)
    assert [words[0] for words in calls] == ["tag", "--help", *["tag"] * 3, *["--help"] * 3]
    assert [(target.seen, target.met) for target in list_cold_targets(timings)] == [(0.5, True), (0.5, False)]
    assert "0.500 s" in cold_start.to_section(timings).text
    fake_process(monkeypatch, cold_start, dataclasses.replace(FINISHED, code=2, output="no bundle"))
    with pytest.raises(UsageError, match="ended with 2:\nno bundle"):
        measure_cold_starts(tiny_setting, material)


def test_the_memory_of_a_process_is_measured(tiny_setting: Setting, material: Material) -> None:
    report = measure_memory(tiny_setting, material)
    peak, rows = report.targets
    assert rows.seen == 70
    assert report.passed
    assert 30 < peak.seen < 700


def test_a_process_that_fails_misses_the_memory_target(
    tiny_setting: Setting, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_process(monkeypatch, memory, dataclasses.replace(FINISHED, code=-9, output=""))
    report = measure_memory(tiny_setting, material)
    assert [target.met for target in report.targets] == [False, False]
    assert "nothing" in report.to_markdown()


def test_the_command_shows_the_table(material: Material, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "tag", material.archive, "--pictures", "40", "--rounds", "1", "--no-sources", "--bundle", GOLDEN]
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    shown = capsys.readouterr()
    assert left.value.code == (1 if "**missed**" in shown.out else 0)
    assert "40 of the 70 pictures of pictures.zip" in shown.out
    assert "fingerprint" in shown.out
    assert "round 1 of 1" in shown.err


@pytest.mark.parametrize("entry", RUNS, ids=lambda entry: entry.name)
def test_every_run_can_be_imported(entry) -> None:
    __import__(entry.module)
    assert callable(sys.modules[entry.module].run)
