"""The figures of an exploration as PNG files, for papers and slides; needs the extra ``report``."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modiste.errors import UsageError, import_extra
from modiste.explore.exploration import ClassPictures, EmbeddingMap, Exploration
from modiste.explore.statistics import FieldCounts, FieldPair, FieldParts, SizeSummary, Tree, TreeNode
from modiste.manifest import LABEL

__all__ = [
    "ACCENT",
    "INK",
    "SOFT",
    "Draw",
    "check_figures",
    "draw_bars",
    "find_file_name",
    "open_axes",
    "save_figure",
    "shorten_name",
    "write_figures",
]

INK, SOFT, ACCENT = "#1d1f23", "#5d626b", "#2f5fa8"
_COLOURS = (
    *("#2f5fa8", "#d9741a", "#2e8b57", "#b83a4b", "#7a56b5"),
    *("#8a6d3b", "#c9539b", "#55606e", "#a1a021", "#1593a5"),
)
_LONGEST, _LONGEST_TITLE = 28, 70
_VALUES = 30
_EACH = 6
_DPI = 150
Draw = Callable[[Any], None]


def check_figures(folder: Path) -> None:
    """Check that figures can be drawn, before the long work.

    Raises:
        MissingExtraError: matplotlib is not installed; the text is the line to type.
        UsageError: ``folder`` is a file.
    """
    import_extra("matplotlib.figure", purpose="--figures", extra="report")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; --figures wants a folder, which may be new")


def write_figures(folder: Path, found: Exploration) -> tuple[Path, ...]:
    """Draw every figure that an exploration has something for.

    Args:
        folder: Where they go; made if it is not there. Files of the same names are replaced.
        found: The exploration.

    Returns:
        The files: ``counts-FIELD.png``, ``cooccurrence-A-B.png``, ``missing.png``, ``parts-FIELD.png``, ``sizes.png``,
        ``histograms.png``, ``classes-FIELD.png``, ``hierarchy-FIELD.png`` and ``map-FIELD.png``.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    check_figures(folder)
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    return tuple(
        save_figure(folder / f"{find_file_name(name, taken)}.png", size, draw) for name, size, draw in _list(found)
    )


def _list(found: Exploration) -> Iterator[tuple[str, tuple[float, float], Draw]]:
    """List the figures: name, width and height in inches, and what draws each."""
    for counts in found.counts:
        if counts.values:
            rows = min(_VALUES, len(counts.values))
            yield f"counts-{counts.name}", (6, 1.2 + 0.2 * rows), _bind(_draw_counts, counts)
    for pair in found.pairs:
        size = (2.6 + 0.24 * len(pair.columns), 2.2 + 0.22 * len(pair.rows))
        yield f"cooccurrence-{pair.first}-{pair.second}", size, _bind(_draw_pair, pair)
    if found.gaps:
        yield "missing", (6, 1.2 + 0.22 * len(found.gaps)), _bind(_draw_gaps, found)
    for compared in found.parts:
        rows = min(12, len(compared.values)) * len(compared.parts)
        yield f"parts-{compared.field}", (6.5, 1.4 + 0.14 * rows), _bind(_draw_parts, compared)
    for tree in found.trees:
        yield f"hierarchy-{tree.fields[-1]}", (9, 9), _bind(_draw_tree, tree)
    if found.pictures.sizes is not None:
        yield "sizes", (9, 4), _bind(_draw_sizes, found.pictures.sizes)
        yield "histograms", (9, 3.4), _bind(_draw_histograms, found)
    yield from _list_pictures(found)


def _list_pictures(found: Exploration) -> Iterator[tuple[str, tuple[float, float], Draw]]:
    for counts in found.counts:
        shown = [item for item in found.pictures.classes if item.group.field == counts.name and item.mean is not None]
        if shown:
            yield f"classes-{counts.name}", (8.5, 0.9 * len(shown) + 0.3), _bind(_draw_classes, (found, shown))
    if found.map is not None:
        names: list[str | None] = [counts.name for counts in found.counts]
        for name in names or [None]:
            yield f"map-{name}" if name else "map", (8, 6.4), _bind(_draw_map, (found, found.map, name))


def _bind(draw: Callable[[Any, Any], None], data: object) -> Draw:
    return lambda figure: draw(figure, data)


def save_figure(path: Path, size: tuple[float, float], draw: Draw) -> Path:
    """Draw a figure of some inches into a PNG file, whole or not at all; return its path."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    part = path.with_name(path.name + ".part")
    with warnings.catch_warnings():
        # Names in scripts that the font lacks are drawn as boxes; the page shows them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        draw(figure)
        figure.savefig(part, format="png", dpi=_DPI)
    part.replace(path)
    return path


def find_file_name(name: str, taken: set[str]) -> str:
    """Make a file's name of a field's, one that no other figure has."""
    base = re.sub(r"[^\w.-]+", "-", name)[:80].strip(".") or "figure"
    chosen, number = base, 2
    while chosen.casefold() in taken:
        chosen, number = f"{base}-{number}", number + 1
    taken.add(chosen.casefold())
    return chosen


def shorten_name(text: str, longest: int = _LONGEST) -> str:
    """Shorten a text, and keep matplotlib from reading it as a formula."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return " ".join(short.split()).replace("$", r"\$")


def open_axes(figure: Any, title: str, place: tuple[int, int, int] = (1, 1, 1)) -> Any:
    """Add axes in the house look to a figure: rows, columns and number of their place."""
    axes = figure.add_subplot(*place)
    axes.set_title(shorten_name(title, _LONGEST_TITLE), loc="left", fontsize=10, color=INK, fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7, colors=SOFT)
    return axes


def draw_bars(axes: Any, names: Sequence[str], numbers: Sequence[float], labels: Sequence[str]) -> None:
    """Draw numbers as bars, one below the other, each with its name and a label."""
    at = np.arange(len(names))
    axes.barh(at, numbers, color=ACCENT, height=0.7)
    axes.set_yticks(at, [shorten_name(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    for place, number, label in zip(at, numbers, labels, strict=True):
        axes.annotate(label, (number, place), (3, 0), textcoords="offset points", va="center", fontsize=6, color=SOFT)


def _draw_counts(figure: Any, counts: FieldCounts) -> None:
    shown = counts.values[:_VALUES]
    title = f"{counts.name}: {len(shown)} of {len(counts.values)} values"
    draw_bars(
        open_axes(figure, title),
        [item.value for item in shown],
        [item.count for item in shown],
        [f"{item.count:,}" for item in shown],
    )


def _draw_gaps(figure: Any, found: Exploration) -> None:
    axes = open_axes(figure, "missing values, %")
    shares = [100 * column.share for column in found.gaps]
    draw_bars(axes, [column.name for column in found.gaps], shares, [f"{share:.1f}" for share in shares])
    axes.set_xlim(0, 105)


def _draw_pair(figure: Any, pair: FieldPair) -> None:
    axes = open_axes(figure, f"lift: {pair.first} × {pair.second}")
    with np.errstate(divide="ignore", invalid="ignore"):
        lifts = np.log2(np.maximum(pair.counts / np.maximum(pair.expected, 1e-12), 1 / 8))
    few = np.maximum(pair.counts, pair.expected) < 5
    image = axes.imshow(np.ma.masked_where(few, lifts), cmap="PuOr", vmin=-3, vmax=3, aspect="auto")
    axes.set_facecolor("#ecebe8")
    axes.set_xticks(range(len(pair.columns)), [shorten_name(value) for value in pair.columns], rotation=90)
    axes.set_yticks(range(len(pair.rows)), [shorten_name(value) for value in pair.rows])
    bar = figure.colorbar(image, ax=axes, ticks=range(-3, 4), shrink=0.8)
    bar.ax.set_yticklabels(["≤ ⅛", "¼", "½", "1", "2", "4", "≥ 8"], fontsize=7)


def _draw_parts(figure: Any, compared: FieldParts) -> None:
    axes = open_axes(figure, f"{compared.field}: share of labels by part, %")
    values, height = compared.values[:12], 0.8 / len(compared.parts)
    for place, part in enumerate(compared.parts):
        shares = 100 * np.array(part.counts[: len(values)]) / max(1, sum(part.counts))
        at = np.arange(len(values)) + (place - (len(compared.parts) - 1) / 2) * height
        distance = "" if part.distance is None else f", distance {part.distance:.3f}{' !' if part.departs else ''}"
        colour = _COLOURS[place % len(_COLOURS)]
        axes.barh(at, shares, height=height, color=colour, label=shorten_name(part.part) + distance)
    axes.set_yticks(range(len(values)), [shorten_name(value) for value in values])
    axes.invert_yaxis()
    axes.legend(fontsize=7, frameon=False)


def _draw_tree(figure: Any, tree: Tree) -> None:
    axes = open_axes(figure, " › ".join(tree.fields))
    axes.set_axis_off()
    total = sum(node.count for node in tree.roots)
    level = [(root, *placed) for root, placed in enumerate(_stack(0, tree.roots))]
    for depth in range(len(tree.fields)):
        for root, start, node in level:
            style = {"color": _COLOURS[root % len(_COLOURS)], "alpha": 0.5 - 0.12 * min(depth, 3), "edgecolor": "w"}
            axes.barh(start, 0.98, node.count, depth, align="edge", **style)
            if node.count > 0.012 * total:
                axes.text(
                    depth + 0.02, start + node.count / 2, shorten_name(node.value), va="center", fontsize=7, color=INK
                )
        level = [(root, *placed) for root, start, node in level for placed in _stack(start, node.children)]
    axes.set_ylim(total, 0)


def _stack(start: int, nodes: Sequence[TreeNode]) -> list[tuple[int, TreeNode]]:
    ends = np.cumsum([0, *(node.count for node in nodes)])
    return [(start + int(end), node) for end, node in zip(ends, nodes, strict=False)]


def _draw_sizes(figure: Any, sizes: SizeSummary) -> None:
    left = open_axes(figure, "width and height, px", (1, 2, 1))
    counts = np.array([item.count for item in sizes.sizes])
    across, down = [item.width for item in sizes.sizes], [item.height for item in sizes.sizes]
    left.scatter(across, down, 400 * counts / counts.max() + 4, color=ACCENT, alpha=0.5)
    left.set_xlim(0, 1.1 * max(sizes.width.most, sizes.height.most))
    left.set_ylim(0, 1.1 * max(sizes.width.most, sizes.height.most))
    right = open_axes(figure, "width : height", (1, 2, 2))
    edges = np.log2(sizes.aspect_edges)
    right.bar(edges[:-1], sizes.aspect_counts, np.diff(edges), align="edge", color=ACCENT)
    right.set_xticks([-1, np.log2(0.75), 0, np.log2(4 / 3), 1], ["1:2", "3:4", "1:1", "4:3", "2:1"])
    right.set_xlim(-2, 2)


def _draw_histograms(figure: Any, found: Exploration) -> None:
    levels, histogram = np.arange(32) * 8 + 4, found.pictures.histogram * 100
    grey = open_axes(figure, "grey: share of pixels, %", (1, 2, 1))
    grey.fill_between(levels, histogram[0], step="mid", color=SOFT, alpha=0.4)
    colours = open_axes(figure, "red, green, blue", (1, 2, 2))
    for channel, colour in enumerate(("#c8342b", "#23833f", "#2f5fc4"), start=1):
        colours.step(levels, histogram[channel], where="mid", color=colour)
    for axes in (grey, colours):
        axes.set_ylim(0, max(1.0, 1.1 * float(np.sort(histogram, axis=None)[-5])))


def _draw_classes(figure: Any, data: tuple[Exploration, list[ClassPictures]]) -> None:
    found, shown = data
    portraits = {portrait.row: portrait.picture for portrait in found.pictures.portraits}
    grid = figure.subplots(len(shown), _EACH + 1, squeeze=False)
    for line, item in zip(grid, shown, strict=True):
        pictures = [item.mean, *(portraits[row] for row in item.examples[:_EACH])]
        for axes in line:
            axes.set_axis_off()
        for axes, picture in zip(line, pictures, strict=False):
            axes.imshow(picture)
        text = f"{shorten_name(item.group.value)}\n{item.pictures:,}"
        line[0].text(-0.1, 0.5, text, transform=line[0].transAxes, ha="right", va="center", fontsize=7)


def _draw_map(figure: Any, data: tuple[Exploration, EmbeddingMap, str | None]) -> None:
    found, drawn, field = data
    axes = open_axes(figure, f"map of {len(drawn.points):,} pictures" + (f", by {field}" if field else ""))
    axes.set_axis_off()
    axes.set_aspect("equal")
    labels = [_find_label(found, field, portrait.row) for portrait in drawn.portraits]
    common = [item.value for counts in found.counts if counts.name == field for item in counts.values[:10]]
    for value in [None, *common]:
        chosen = np.array([label == value or (value is None and label not in common) for label in labels])
        if chosen.any():
            colour = "#c9c6c0" if value is None else _COLOURS[common.index(value)]
            name = ("other" if common else "pictures") if value is None else shorten_name(value)
            axes.scatter(drawn.points[chosen, 0], -drawn.points[chosen, 1], 6, color=colour, label=name)
    axes.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2)


def _find_label(found: Exploration, field: str | None, row: int) -> str | None:
    label = None if field is None else found.manifest.items[LABEL + field][row]
    return label if label is None or isinstance(label, str) else next(iter(label), None)
