"""From drawn garments to tags: train, die, go on, export, tag; and it learns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from modiste.bundle import Bundle
from modiste.cli.main import main
from modiste.runtime import Embedder, Tagger
from modiste.synthetic import write_shop

TYPES = ["Tshirts", "Jeans", "Watches", "Handbags"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def modiste(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modiste", *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
    )


def modiste_here(*words: str) -> int:
    """Run a command in this process, which has imported torch already."""
    with pytest.raises(SystemExit) as end:
        main(words)
    assert isinstance(end.value.code, int)
    return end.value.code


def kill_after_an_epoch(run: Path, *words: str | Path, folder: Path) -> None:
    command = [sys.executable, "-m", "modiste", *map(str, words)]
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 240
        while process.poll() is None and time.monotonic() < deadline:
            if list((run / "checkpoints").glob("all-epoch01-*.ckpt")):
                process.send_signal(signal.SIGKILL)
            time.sleep(0.02)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    return write_shop(folder / "shop", 80, layout="classes", size=(36, 48), types=TYPES)


@pytest.mark.slow
def test_train_kill_resume_export_tag(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = shop.parent
    monkeypatch.chdir(home)
    words = ["train", "smoke", "--data", "shop", "--out", "run", "--device", "cpu"]
    kill_after_an_epoch(home / "run", *words, folder=home)
    assert (home / "run" / "checkpoints" / "last.ckpt").exists()
    resumed = modiste(*words, folder=home)
    assert resumed.returncode == 0, resumed.stderr
    assert "stage heads" not in resumed.stderr  # done before the kill
    assert "epoch 1/10" not in resumed.stderr
    assert modiste_here(*words) == 0
    assert "is finished already" in capsys.readouterr().out

    assert modiste_here("export", "run", "bundle") == 0
    bundle = Bundle.open(home / "bundle")
    assert b"/tmp/" not in bundle.read_weights()
    assert bundle.spec.training["command"] == "modiste train smoke --data shop --out run"
    assert modiste_here("export", "run", "bundle") == 2

    check_learning(bundle, home)


def check_learning(bundle: Bundle, home: Path) -> None:
    """Garments that the training has not seen: far above the majority's quarter."""
    (field,) = bundle.taxonomy
    unseen = write_shop(home / "unseen", 40, seed=99, layout="classes", size=(36, 48), types=TYPES)
    pictures = sorted(unseen.rglob("*.jpg"))
    truth = [path.parent.name for path in pictures]
    said = [tags[field.name].value for tags in Tagger(bundle).tag(pictures)]
    accuracy = np.mean([a == b for a, b in zip(truth, said, strict=True)])
    majority = max(truth.count(value) for value in TYPES) / len(truth)
    assert accuracy >= majority + 0.3, f"accuracy {accuracy:.2f}, majority {majority:.2f}"
    vectors = Embedder(bundle).embed(pictures)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_wrong_use_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for words, text in (
        (["train", "smoke"], "needs --data SOURCE and --out RUN"),
        (["export", "nowhere", "bundle"], "is not a run of 'modiste train'"),
    ):
        assert modiste_here(*words) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert text in said
        assert "Traceback" not in said
