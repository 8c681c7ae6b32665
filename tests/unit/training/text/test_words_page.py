"""docs/words.md says of every option what the code says, and its example is a recipe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

from pydantic import BaseModel

from modiste.training.text.recipe import PartRecipe, TextRecipe, load_text_recipe
from tests.unit.training.test_training_page import _render_part

PAGE = Path(__file__).parents[4] / "docs" / "words.md"


def render_options() -> str:
    parts: list[tuple[str, type[BaseModel]]] = [("", TextRecipe)]
    for name, field in TextRecipe.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel) and name != "pieces":
            parts.append((f"[{name}]", field.annotation))
    parts.append(("[[parts]]", PartRecipe))
    return "\n\n".join(_render_part(heading, model) for heading, model in parts)


def test_the_page_lists_every_option_as_the_code_has_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = page.partition("<!-- options -->\n")[2].partition("\n<!-- end of options -->")[0]
    assert listed == render_options(), "replace the tables of docs/words.md by:\n" + render_options()


def test_every_option_has_a_meaning() -> None:
    assert "None |" not in render_options()


def test_the_recipes_of_the_page_are_valid(tmp_path: Path) -> None:
    recipes = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert recipes
    for text in recipes:
        (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
        assert load_text_recipe(tmp_path / "recipe.toml").parts
