"""The command line's promises: quick help, an example in every command, exit codes, no traceback for a mistake."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

from modiste.cli.main import COMMANDS, build_app, main

NEEDS_TRAINING = {"train", "export"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "modiste", *words], capture_output=True, text=True, check=False)


def measure_help() -> float:
    start = time.perf_counter()
    run("--help")
    return time.perf_counter() - start


def test_help_takes_at_most_three_tenths_of_a_second() -> None:
    assert statistics.median(measure_help() for _ in range(5)) <= 0.3


def test_help_loads_no_numeric_library() -> None:
    code = (
        "import sys\n"
        "from modiste.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'polars', 'onnxruntime', 'torch', 'typer'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_help_lists_every_command_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["--help"])
    text = capsys.readouterr().out
    assert leaving.value.code == 0
    assert all(text.count(f"  {name} ") >= 1 and command.summary in text for name, command in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples(name: str) -> None:
    build_app(name)
    shown = run(name, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "Examples" in shown.stdout or "Commands" in shown.stdout


def test_unknown_command_exits_with_2_and_offers_the_near_one() -> None:
    shown = run("tagg")
    assert shown.returncode == 2
    assert "did you mean 'tag'" in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("tag", "no-such-folder", "-o", "tags.csv"),
        ("tag", "."),
        ("data", "inspect", "no-such-source"),
        ("embed", "no-such-folder", "-o", "vectors.npy"),
        ("evaluate", "no-such-bundle", "--data", "no-such-source"),
        ("tag", "--no-such-option"),
    ],
)
def test_mistake_exits_with_2_and_without_traceback(words: tuple[str, ...]) -> None:
    shown = run(*words)
    assert shown.returncode == 2, shown.stdout + shown.stderr
    assert shown.stderr.strip()
    assert "Traceback" not in shown.stderr
