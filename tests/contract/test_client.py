"""The client keeps to the REST interface: its types are those of the OpenAPI document, no route is without a verb."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

import modiste.client
from modiste.client import AsyncClient, Client, ItemIn, ItemPatch
from modiste.client.steps import Series, Verb
from modiste.serving import ServerSettings, create_app
from tests.conftest import REPOSITORY

DOCUMENT = create_app(ServerSettings("none")).openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
METHODS = ("get", "post", "put", "patch", "delete")
ROUTES = {
    f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item if method in METHODS
}
# The same question as an address: POST takes all of it.
ELSEWHERE = {"GET /v1/search"}
GIVEN = {"ItemIn": ItemIn, "ItemPatch": ItemPatch}
# What verbs take as parameters instead of an object.
AS_PARAMETERS = {"BulkIn", "OpinionIn", "RowCorrection", "SearchIn"}
SHAPES = {
    name: shape for name in modiste.client.__all__ if dataclasses.is_dataclass(shape := getattr(modiste.client, name))
}
VERBS = {name: made for name in dir(Client) if isinstance(made := getattr(Client, name), Verb | Series)}


def describe_schema(schema: dict[str, Any]) -> str:
    """A type of the document as text: `Item`, `list[number]`, `string?` ..."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        kinds = [describe_schema(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return f"{kinds[0]}?" if len(kinds) == 1 else "any"
    kind = schema.get("type")
    if kind == "array":
        return f"list[{describe_schema(schema['items'])}]"
    if kind == "object":
        inner = schema.get("additionalProperties", True)
        return f"map[{'any' if inner is True else describe_schema(inner)}]"
    return kind or "any"


def describe_hint(hint: Any) -> str:
    """A type of the client as the same text."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (kind,) = (one for one in inner if one is not types.NoneType)
        return f"{describe_hint(kind)}?"
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, list) and inner):
        return f"list[{describe_hint(inner[0])}]"
    if origin is Literal:
        return "string"
    if isinstance(origin, type) and origin.__name__ == "Sequence":
        return f"list[{describe_hint(inner[0])}]"
    if isinstance(origin, type) and origin.__name__ in ("dict", "Mapping"):
        return f"map[{describe_hint(inner[1])}]"
    plain = {str: "string", int: "integer", float: "number", bool: "boolean", Any: "any"}
    return plain.get(hint) or hint.__name__


def find_choices(schema: dict[str, Any]) -> list[str]:
    return sorted(schema.get("enum") or ([schema["const"]] if "const" in schema else []))


def test_every_schema_has_a_type_here() -> None:
    assert set(SHAPES) == set(SCHEMAS) - AS_PARAMETERS


@pytest.mark.parametrize("name", sorted(set(SHAPES) - set(GIVEN)))
def test_a_type_is_that_of_the_document(name: str) -> None:
    members = SCHEMAS[name]["properties"]
    hints = get_type_hints(SHAPES[name])
    assert {one: describe_hint(hint) for one, hint in hints.items()} == {
        one: describe_schema(schema) for one, schema in members.items()
    }
    choices = {one: sorted(get_args(hint)) for one, hint in hints.items() if get_origin(hint) is Literal}
    assert choices == {one: found for one, schema in members.items() if (found := find_choices(schema))}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_what_may_be_missing_has_a_default(name: str) -> None:
    if name in GIVEN:
        needed = {one.name for one in dataclasses.fields(SHAPES[name]) if one.default is one.default_factory}
        assert needed == {"item_id"}
        return
    needed = set(SCHEMAS[name].get("required", ()))
    given = {
        one.name
        for one in dataclasses.fields(SHAPES[name])
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    }
    assert given <= needed


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_what_is_given_is_what_the_document_takes(name: str) -> None:
    known = set(SCHEMAS[name]["properties"])
    here = {one.name.replace("picture", "picture_base64") for one in dataclasses.fields(GIVEN[name])}
    assert here == known


def test_a_search_takes_what_the_document_takes() -> None:
    parameters = inspect.signature(Client.search).parameters
    schema = SCHEMAS["SearchIn"]["properties"]
    assert set(parameters) - {"self", "image"} == set(schema)
    differing = {
        name: (one.default, schema[name]["default"])
        for name, one in parameters.items()
        if name in schema
        and (list(one.default) if isinstance(one.default, tuple) else one.default) != schema[name]["default"]
    }
    # As in Python: `Catalogue.search` gives ten.
    assert differing == {"k": (10, 24)}


def list_named_routes(made: Verb[Any, Any] | Series[Any, Any]) -> set[str]:
    return set(re.findall(r'"((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)"', inspect.getsource(made.steps)))


def strip_names(route: str) -> str:
    return re.sub(r"\{\w+\}", "{}", route)


def test_no_route_is_without_a_verb() -> None:
    named = {strip_names(route) for made in VERBS.values() for route in list_named_routes(made)}
    assert named == {strip_names(route) for route in ROUTES - ELSEWHERE}


def test_every_verb_leads_to_a_route() -> None:
    # These are made of others.
    made_of_others = {"items", "follow", "wait"}
    assert {name for name, made in VERBS.items() if not list_named_routes(made)} == made_of_others


def test_both_clients_have_the_same_verbs() -> None:
    assert set(VERBS) == {name for name in dir(AsyncClient) if isinstance(getattr(AsyncClient, name), Verb | Series)}
    assert {"tag", "embed", "search", "get", "put", "update", "remove"} <= set(VERBS)
    for name, made in VERBS.items():
        assert made.__doc__ and len(made.__doc__) > 20, f"{name} has no docstring"


def test_the_client_is_light() -> None:
    code = (
        "import sys, modiste; modiste.Client; modiste.AsyncClient; "
        "heavy = {'numpy', 'polars', 'onnxruntime', 'pydantic', 'PIL', 'fastapi', 'faiss'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


def test_the_page_lists_every_verb_and_no_other() -> None:
    page = (REPOSITORY / "docs" / "client.md").read_text(encoding="utf-8")
    table = page.split("## The verbs")[1].split("`help(")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(VERBS)


def test_programs_that_use_it_are_checked_with_its_types() -> None:
    assert (REPOSITORY / "src" / "modiste" / "py.typed").is_file()
