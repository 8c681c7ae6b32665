"""The snippets of docs/evaluation.md print what the comments beside them say."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "evaluation.md"


def test_snippets_print_what_they_say(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    said = [line.rpartition("  # ")[2] for block in blocks for line in block.splitlines() if line.startswith("print(")]
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    assert said
    assert capsys.readouterr().out.splitlines() == said
