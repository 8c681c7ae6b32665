"""docs/training.md says of every option what the code says, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

pytest.importorskip("torch")

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from modiste.training.conditions import QUANTITIES
from modiste.training.recipe import Recipe, StageRecipe, load_recipe

PAGE = Path(__file__).parents[3] / "docs" / "training.md"


def render_options() -> str:
    """Return the tables of all options, as the page holds them."""
    parts: list[tuple[str, type[BaseModel]]] = [("", Recipe)]
    for name, field in Recipe.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            parts.append((f"[{name}]", field.annotation))
    parts.append(("[[stages]]", StageRecipe))
    return "\n\n".join(_render_part(heading, model) for heading, model in parts)


def _render_part(heading: str, model: type[BaseModel]) -> str:
    title = f"`{heading}`" if heading else "At the top"
    lines = [f"**{title}**", "", "| option | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if _is_part(field.annotation):
            continue
        default = "required" if field.default is PydanticUndefined and not field.default_factory else _show(field)
        lines.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(lines)


def _is_part(annotation: Any) -> bool:
    return any(isinstance(part, type) and issubclass(part, BaseModel) for part in (annotation, *get_args(annotation)))


def _show(field: Any) -> str:
    default = field.get_default(call_default_factory=True)
    shown = {True: "true", False: "false", None: "none"}.get(default) if default in (True, False, None) else None
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        shown = str(default)
    return f"`{shown}`" if shown else f"`{list(default) if isinstance(default, tuple) else default!r}`"


def test_the_page_lists_every_option_as_the_code_has_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = page.partition("<!-- options -->\n")[2].partition("\n<!-- end of options -->")[0]
    assert listed == render_options(), "replace the tables of docs/training.md by:\n" + render_options()


def test_every_option_has_a_meaning() -> None:
    assert "None |" not in render_options()


def test_the_page_lists_every_quantity() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, meaning in QUANTITIES.items():
        assert f"| `{name}` | {meaning} |" in page


def test_the_recipes_of_the_page_are_valid(tmp_path: Path) -> None:
    recipes = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert recipes
    for text in recipes:
        path = tmp_path / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        load_recipe(path)
