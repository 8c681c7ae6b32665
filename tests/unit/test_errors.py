"""The exception tree, and texts that help."""

from __future__ import annotations

import pytest

from modiste import errors
from modiste.errors import MissingExtraError, ModisteError, UnknownNameError, UsageError, import_extra


def test_every_exception_is_in_the_tree_and_exported() -> None:
    classes = {
        name: item for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, Exception)
    }
    assert all(issubclass(item, ModisteError) for item in classes.values())
    assert set(classes) | {"import_extra"} == set(errors.__all__)
    assert all(name in (errors.__doc__ or "") for name in classes)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_error_without_a_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="helps nobody"):
        ModisteError(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Colour", "there is no field 'Colour'; did you mean 'colour'? Known: colour, season"),
        ("seas", "there is no field 'seas'; did you mean 'season'? Known: colour, season"),
        ("xyz", "there is no field 'xyz'. Known: colour, season"),
    ],
)
def test_unknown_names_offer_near_ones(name: str, expected: str) -> None:
    assert str(UnknownNameError("field", name, iter(["colour", "season"]))) == expected


def test_nothing_known() -> None:
    assert str(UnknownNameError("field", "x", [])).endswith("Known: none")


def test_extras() -> None:
    assert import_extra("json", purpose="Reading", extra="x").loads("1") == 1
    with pytest.raises(
        MissingExtraError, match=r"Training needs the extra 'train'\. Type: pip install 'modiste\[train\]'"
    ):
        import_extra("no_such_module.part", purpose="Training", extra="train")
    assert issubclass(MissingExtraError, UsageError)


def test_a_module_that_is_broken_inside_is_no_missing_extra(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "broken_extra.py").write_text("import no_such_module_either\n")
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(ModuleNotFoundError, match="no_such_module_either"):
        import_extra("broken_extra", purpose="Training", extra="train")
