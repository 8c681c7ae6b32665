"""What is drawn is what the labels say, the same everywhere, and never cut off."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from modiste.errors import UnknownNameError, UsageError
from modiste.synthetic import (
    ARTICLES,
    BACKDROPS,
    COLOURS,
    PATTERNS,
    ProductSpec,
    View,
    draw_product,
    nearest_colour,
    paint_product,
    random_spec,
    random_view,
)
from tests.conftest import REPOSITORY

FLAT = View()
SHOWN = ("pattern", "sleeveLength", "length")
SMALL = (60, 80)
CLOTH = ("Tshirts", "Skirts", "Shorts", "Track Pants", "Socks", "Backpacks")
# Mean of a grid of 3 x 4 cells, all channels, of one drawing each: another platform must draw the same.
GOLDEN: dict[str, list[int]] = {
    "Tshirts": [240, 185, 240, 148, 88, 146, 206, 83, 205, 237, 189, 236],
    "Jeans": [244, 165, 243, 234, 138, 232, 240, 156, 238, 243, 180, 242],
    "Heels": [255, 255, 255, 206, 237, 255, 231, 193, 205, 255, 255, 255],
    "Watches": [255, 98, 255, 235, 79, 233, 233, 64, 231, 255, 97, 255],
}


def _spec(article: str, colour: str | None = None, pattern: str = "solid", seed: int = 3) -> ProductSpec:
    known = ARTICLES[article]
    return ProductSpec(
        article,
        colour or known.colours[0],
        "White" if colour != "White" else "Black",
        pattern,
        sleeve=known.sleeves[0] if known.sleeves else None,
        length=known.lengths[0] if known.lengths else None,
        seed=seed,
    )


def _pixels(spec: ProductSpec, *, size: tuple[int, int] = SMALL, seed: int = 0, view: View | None = FLAT) -> np.ndarray:
    return np.asarray(draw_product(spec, size=size, rng=np.random.default_rng(seed), view=view))


def test_the_issue_asks_for_this_much_variety() -> None:
    assert len(ARTICLES) >= 15
    assert len({article.master for article in ARTICLES.values()}) == 4
    assert len(COLOURS) >= 12
    assert len(PATTERNS) >= 6
    assert {sleeve for article in ARTICLES.values() for sleeve in article.sleeves} == {"sleeveless", "short", "long"}


@pytest.mark.parametrize("article", ARTICLES)
def test_every_pattern_of_every_type_draws_something_that_stays_inside(article: str) -> None:
    for pattern in ARTICLES[article].patterns:
        sketch = paint_product(_spec(article, pattern=pattern), size=SMALL, rng=np.random.default_rng(1), view=FLAT)
        covered = sketch.alpha
        assert 0.04 < covered.mean() < 0.8, (article, pattern)
        edges = np.concatenate([covered[0], covered[-1], covered[:, 0], covered[:, -1]])
        assert edges.max() == 0, (article, pattern)
        picture = np.asarray(sketch.photograph(floor=False))
        assert picture.shape == (80, 60, 3)
        assert picture.std() > 5


@pytest.mark.parametrize("article", [name for name, known in ARTICLES.items() if known.wearable])
def test_a_figure_wears_it(article: str) -> None:
    worn = _pixels(_spec(article), view=View(worn=True))
    assert np.abs(worn.astype(int) - _pixels(_spec(article)).astype(int)).mean() > 3


@pytest.mark.parametrize("colour", [name for name in COLOURS if name not in ("Silver", "Gold")])
@pytest.mark.parametrize("article", CLOTH)
def test_most_of_a_plain_product_is_of_the_colour_it_is_labelled_with(article: str, colour: str) -> None:
    for seed in (3, 4):
        sketch = paint_product(_spec(article, colour, seed=seed), size=SMALL, rng=np.random.default_rng(2), view=FLAT)
        ink = sketch._ink[sketch.alpha > 0.99]
        shown = np.median(ink, axis=0)
        wanted = np.array(COLOURS[colour]) / 255
        assert np.abs(shown - wanted).max() < 0.14, (article, colour, shown * 255)


@pytest.mark.parametrize("pattern", [name for name in PATTERNS if name != "solid"])
def test_a_pattern_shows_and_leaves_the_base_colour_in_the_majority(pattern: str) -> None:
    plain = _pixels(_spec("Tshirts", "Red"), size=(180, 240)).astype(float)
    sketch = paint_product(_spec("Tshirts", "Red", pattern), size=(180, 240), rng=np.random.default_rng(0), view=FLAT)
    changed = np.abs(np.asarray(sketch.photograph(floor=False)) - plain).max(axis=2) > 40
    share = changed.sum() / (sketch.alpha > 0.5).sum()
    assert 0.02 < share < 0.62, share


@pytest.mark.parametrize("article", [name for name, known in ARTICLES.items() if "colourblocked" in known.patterns])
def test_colour_blocks_leave_the_base_colour_in_the_majority(article: str) -> None:
    for seed in range(6):
        spec = _spec(article, ARTICLES[article].colours[0], "colourblocked", seed=seed)
        sketch = paint_product(spec, size=SMALL, rng=np.random.default_rng(0), view=FLAT)
        ink = sketch._ink[sketch.alpha > 0.99]
        first, second = (np.abs(ink - colour).max(axis=1) for colour in (sketch.base, sketch.second))
        assert (first < second).mean() > 0.5, seed


def test_sleeves_and_lengths_are_drawn_as_labelled() -> None:
    def cover(article: str, **cut: str) -> float:
        spec = ProductSpec(article, "Blue", seed=5, **cut)
        return float(paint_product(spec, size=SMALL, rng=np.random.default_rng(0), view=FLAT).alpha.mean())

    bare, short, long = (cover("Tshirts", sleeve=name) for name in ("sleeveless", "short", "long"))
    assert bare < short < long
    assert cover("Skirts", length="mini") < cover("Skirts", length="knee")
    assert cover("Shorts", length="short") < cover("Shorts", length="knee")


def test_one_product_keeps_its_details_in_another_picture() -> None:
    spec = _spec("Handbags")
    first, second = _pixels(spec, seed=1), _pixels(spec, seed=2)
    other = _pixels(_spec("Handbags", seed=99), seed=1)
    near = np.abs(first.astype(int) - second.astype(int)).mean()
    far = np.abs(first.astype(int) - other.astype(int)).mean()
    assert 0 < near < far / 2


def test_the_same_seed_draws_the_same_pixels() -> None:
    spec = random_spec(np.random.default_rng(7))
    assert np.array_equal(_pixels(spec, seed=4, view=None), _pixels(spec, seed=4, view=None))


@pytest.mark.parametrize("article", GOLDEN)
def test_another_platform_draws_the_same(article: str) -> None:
    picture = _pixels(_spec(article, pattern=ARTICLES[article].patterns[-1])).astype(float)
    cells = picture.reshape(4, 20, 3, 20, 3).mean(axis=(1, 3, 4)).ravel()
    assert np.abs(cells - GOLDEN[article]).max() <= 1.5, cells.round().astype(int).tolist()


def test_a_small_picture_is_a_large_one_made_small() -> None:
    spec = _spec("Dresses", "Green", "dotted")
    large = draw_product(spec, size=(240, 320), rng=np.random.default_rng(0), view=FLAT).resize(SMALL)
    assert np.abs(np.asarray(large).astype(int) - _pixels(spec).astype(int)).mean() < 6


@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_the_backdrop_is_what_it_is_called(backdrop: str) -> None:
    corner = _pixels(_spec("Watches"), view=View(backdrop=backdrop))[:6, :6].astype(float)
    white = corner.mean() == 255
    assert white == (backdrop == "white")
    if backdrop == "studio":
        assert corner.mean() < 225


@pytest.mark.parametrize("size", [(224, 224), (8, 8), (33, 100)])
def test_any_proportions(size: tuple[int, int]) -> None:
    assert draw_product(_spec("Belts"), size=size, rng=np.random.default_rng(0)).size == size


@pytest.mark.parametrize("size", [(7, 80), (60, 4000)])
def test_a_size_out_of_range_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="8 to 2048"):
        draw_product(_spec("Belts"), size=size, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"article_type": "Shirt"}, "did you mean 'Shirts'"),
        ({"colour": "Rred"}, "did you mean 'Red'"),
        ({"second_colour": "x"}, "no colour"),
        ({"pattern": "stripes"}, "did you mean 'striped'"),
        ({"sleeve": None}, "sleeve of Shirts"),
        ({"length": "mini"}, "length of Shirts"),
    ],
)
def test_a_product_that_can_not_be_is_refused(change: dict[str, str | None], said: str) -> None:
    wanted = {"article_type": "Shirts", "colour": "Red", "sleeve": "long"} | change
    with pytest.raises(UnknownNameError, match=said):
        ProductSpec(**wanted)  # type: ignore[arg-type]


def test_an_unknown_backdrop_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="backdrop"):
        View(backdrop="beach")


def test_chance_covers_types_colours_patterns_and_backdrops() -> None:
    rng = np.random.default_rng(0)
    specs = [random_spec(rng) for _ in range(600)]
    views = [random_view(rng, spec.article) for spec in specs]
    assert {spec.article_type for spec in specs} == set(ARTICLES)
    assert {spec.pattern for spec in specs} == set(PATTERNS)
    assert len({spec.colour for spec in specs}) >= 18
    assert {view.backdrop for view in views} == set(BACKDROPS)
    assert not any(view.worn and not spec.article.wearable for spec, view in zip(specs, views, strict=True))


def test_labels_say_only_what_shows() -> None:
    labels = _spec("Watches").labels
    assert labels == {
        "masterCategory": "Accessories",
        "subCategory": "Watches",
        "articleType": "Watches",
        "baseColour": "Black",
        "pattern": "Solid",
    }


def test_labels_use_the_words_of_the_shop_s_records() -> None:
    known = tomllib.loads((REPOSITORY / "recipes" / "attributes" / "kaggle.toml").read_text(encoding="utf-8"))
    words = {name: {word for table in known[name].values() for word in table} for name in SHOWN}
    rng = np.random.default_rng(5)
    told = [random_spec(rng, article).labels for article in ARTICLES for _ in range(20)]
    for name in SHOWN:
        said = {labels[name] for labels in told if name in labels}
        assert len(said) >= 3 and said <= words[name]


@pytest.mark.parametrize("name", COLOURS)
def test_every_colour_is_nearest_to_itself(name: str) -> None:
    assert nearest_colour(np.array(COLOURS[name], dtype=np.float32) / 255) == name
