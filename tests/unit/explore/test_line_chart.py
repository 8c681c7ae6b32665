"""Lines stand where their numbers say, within a frame whose ticks are round numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from modiste.explore.line_chart import Line, Mark, draw_lines


def read_points(svg: str) -> list[list[tuple[float, float]]]:
    lines = re.findall(r'<polyline [^>]*points="([^"]*)"', svg)
    return [[tuple(map(float, point.split(","))) for point in line.split()] for line in lines]


def draw(*lines: Line, **options: object) -> str:
    return draw_lines(lines, across="epoch", upward="loss", label="Losses", **options)


def test_points_are_in_proportion() -> None:
    (one,), (first, second) = read_points(draw(Line("a", [0, 1, 4], [1.0, 3.0, 2.0]))), (0.25, 0.5)
    across = [point[0] for point in one]
    upward = [point[1] for point in one]
    assert (across[1] - across[0]) / (across[2] - across[0]) == pytest.approx(first, abs=1e-3)
    assert (upward[0] - upward[2]) / (upward[0] - upward[1]) == pytest.approx(second, abs=1e-3)
    assert upward[1] < upward[2] < upward[0]  # larger numbers stand higher


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors() -> None:
    (line,) = read_points(draw(Line("a", [1, 2, 3], [1e-4, 1e-3, 1e-2]), log=True))
    upward = [point[1] for point in line]
    assert upward[0] - upward[1] == pytest.approx(upward[1] - upward[2], abs=0.2)


def test_names_of_strangers_are_escaped_and_gaps_left_out() -> None:
    svg = draw(Line("<b>", [1, 2, 3], [1.0, np.nan, 2.0]), Line("b", [1, 2, 3], [1, 2, 3]), marks=[Mark(2, "<i>")])
    assert "<b>" not in svg and "<i>" not in svg and "&lt;b&gt;" in svg and "&lt;i&gt;" in svg
    assert [len(line) for line in read_points(svg)] == [2, 3]
    assert "nan" not in svg


@pytest.mark.parametrize("values", [[0.0], [5.0], [2.0, 2.0], [-1e9, 1e9], [1e-9, 2e-9]])
def test_whatever_the_numbers_are_everything_stays_in_the_frame(values: list[float]) -> None:
    svg = draw(Line("a", range(len(values)), values))
    width, height = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[0])
    for x, y in [(float(a), float(b)) for a, b in re.findall(r'<text x="([-.\d]+)" y="([-.\d]+)"', svg)]:
        assert 0 <= x <= width and 0 <= y <= height
    assert svg.count("<text") >= 4
    assert ("<circle" in svg) == (len(values) == 1)


def test_a_long_line_is_thinned_and_keeps_its_ends() -> None:
    (line,) = read_points(draw(Line("a", np.arange(10_000), np.arange(10_000))))
    assert len(line) <= 400
    assert line[0][0] == pytest.approx(52) and line[-1][0] == pytest.approx(472)
