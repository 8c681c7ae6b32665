"""Every Python snippet of the README and of docs/ runs, and every command that they show exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from modiste.cli.main import COMMANDS
from tests.conftest import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def list_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_snippets_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    blocks = list_blocks(page, "python")
    if any("modiste import Client" in block for block in blocks):
        request.getfixturevalue("beside_server")
    if any("modiste.training" in block for block in blocks):
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "snippet"}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
    assert len(names) > 1 or not blocks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shell_snippets_call_commands_that_exist(page: Path) -> None:
    lines = [
        line
        for language in ("bash", "console", "sh")
        for block in list_blocks(page, language)
        for line in block.splitlines()
    ]
    called = [
        words for line in lines if (words := shlex.split(line.removeprefix("$ "), comments=True))[:1] == ["modiste"]
    ]
    unknown = {words[1] for words in called if len(words) > 1} - set(COMMANDS) - {"--help", "--version"}
    assert not unknown
    assert all(len(words) > 1 for words in called)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing
