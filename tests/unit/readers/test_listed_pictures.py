"""Listed names are found wherever the pictures lie, and nowhere else."""

from __future__ import annotations

import polars as pl
import pytest

from modiste.readers.building import Problems
from modiste.readers.listed_pictures import find_listed
from modiste.readers.source import File


def find(listed: list[str], names: list[str]) -> tuple[list[str], int]:
    problems = Problems()
    table = pl.DataFrame({"image": listed}, schema={"image": pl.String})
    found = find_listed(table, [File(name, f"ref:{name}") for name in names], problems)
    return found["image"].to_list(), len(problems)


@pytest.mark.parametrize("prefix", ["", "Img/", "a/b.zip/", "img/"])
def test_they_may_lie_below_anything(prefix: str) -> None:
    listed = ["img/Tee/1.jpg", "img/Tee/2.jpg"]
    assert find(listed, [prefix + name for name in listed]) == ([f"ref:{prefix}{name}" for name in listed], 0)


@pytest.mark.parametrize("prefix", ["", "img.zip/", "deep/"])
def test_the_top_folder_may_be_missing(prefix: str) -> None:
    assert find(["img/Tee/1.jpg"], [f"{prefix}Tee/1.jpg"]) == ([f"ref:{prefix}Tee/1.jpg"], 0)


def test_names_are_whole() -> None:
    assert find(["img/Tee/1.jpg"], ["img/LongTee/1.jpg", "Tee/11.jpg", "xTee/1.jpg"]) == ([], 1)


def test_several_places_may_hold_parts_of_the_list() -> None:
    listed = ["img/Tee/1.jpg", "img/Bag/1.jpg", "img/Hat/9.jpg"]
    assert find(listed, ["img/Tee/1.jpg", "more.zip/img/Bag/1.jpg"]) == (
        ["ref:img/Tee/1.jpg", "ref:more.zip/img/Bag/1.jpg"],
        1,
    )


def test_the_nearest_to_the_root_counts() -> None:
    assert find(["img/1.jpg"], ["deep/down/img/1.jpg", "img/1.jpg"]) == (["ref:img/1.jpg"], 0)


def test_nothing_listed_or_nothing_there() -> None:
    assert find([], ["img/1.jpg"]) == ([], 0)
    assert find(["img/1.jpg"], []) == ([], 1)


def test_a_sample_of_a_long_list_finds_the_place() -> None:
    listed = [f"img/F{number // 10}/{number % 10}.jpg" for number in range(3000)]
    found, missing = find(listed, ["x/" + name for name in listed])
    assert len(found) == 3000 and not missing
