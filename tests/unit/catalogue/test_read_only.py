"""A dict that can't be changed: nothing that changes a dict changes it, and all else takes it for one."""

from __future__ import annotations

import copy
import json
import operator
import pickle
from collections.abc import Callable

import pytest

from modiste.catalogue.read_only import ReadOnlyDict


@pytest.mark.parametrize(
    "change",
    [
        lambda said: operator.setitem(said, "a", 2),
        lambda said: operator.delitem(said, "a"),
        lambda said: operator.ior(said, {"b": 2}),
        lambda said: said.clear(),
        lambda said: said.pop("a"),
        lambda said: said.popitem(),
        lambda said: said.setdefault("b", 2),
        lambda said: said.update(b=2),
    ],
)
def test_it_refuses_every_change(change: Callable[[ReadOnlyDict[str, int]], object]) -> None:
    said = ReadOnlyDict({"a": 1})
    with pytest.raises(TypeError, match="change a copy"):
        change(said)
    assert said == {"a": 1}


def test_no_way_to_change_a_dict_was_forgotten() -> None:
    reading = {"copy", "fromkeys", "get", "items", "keys", "values"}
    changing = {name for name in vars(dict) if not name.startswith("__")} - reading
    changing |= {"__setitem__", "__delitem__", "__ior__"}
    assert {name for name in vars(ReadOnlyDict) if name in changing} == changing


def test_it_is_a_dict_to_all_others() -> None:
    said = ReadOnlyDict({"Fabric": ("Cotton", "Wool"), "year": 2012})
    plain = dict(said)
    assert json.dumps(said) == json.dumps(plain) and repr(said) == repr(plain)
    assert said == plain and plain == said
    for made in (copy.copy(said), copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert made == said and type(made) is ReadOnlyDict
    assert type(said.copy()) is type(said | {"a": 1}) is dict
