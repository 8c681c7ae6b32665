"""``modiste data split``: which items train, which choose, which judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.manifest import Manifest
    from modiste.splits import Drawing, Fingerprints

__all__ = ["split"]

_PARTS, _HOW, _OUT = "Which parts", "How they are drawn", "What is written and shown"
_SHOWN = 20  # values of a field


@dataclass(frozen=True)
class _Asked:
    """What kind of parts was asked for."""

    shares: str | None
    folds: int | None
    fold: int | None
    five_by_two: bool
    years: str | None
    commonest: int | None
    published: Path | None
    test: float
    validation: float
    seal: str | None


@takes_reading
def split(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Split file to write (CSV of hashed ids).")],
    shares: Annotated[
        str | None, option(_PARTS, "NAME=SHARE,... such as train=0.7,validation=0.1,test=0.1,control=0.1.")
    ] = None,
    folds: Annotated[
        int | None, option(_PARTS, "Folds of equal size: all in one file, or one held out (--fold).")
    ] = None,
    fold: Annotated[int | None, option(_PARTS, "Which fold judges; with --five-by-two which of the ten runs.")] = None,
    five_by_two: Annotated[bool, option(_PARTS, "Two halves, five times over (Dietterich).", "--five-by-two")] = False,
    years: Annotated[str | None, option(_PARTS, "even-odd: even years train, odd years judge.")] = None,
    commonest: Annotated[
        int | None, option(_PARTS, "With --years: only so many of the commonest values of --by; the others are rare-*.")
    ] = None,
    published: Annotated[
        Path | None,
        option(
            _PARTS,
            "CSV with the columns id and split: taken as it is; with --by its test part is extended.",
        ),
    ] = None,
    test: Annotated[float, option(_PARTS, "With --published and --by: share of the items outside it.")] = 0.15,
    validation: Annotated[
        float, option(_PARTS, "With --published and --by: share of the items outside the test part.")
    ] = 0.06,
    by: Annotated[
        str | None,
        option(_HOW, "Field or column of whose every value each part takes its share.", "--by", "--stratum"),
    ] = None,
    by_labels: Annotated[
        str | None,
        option(_HOW, "Several fields or columns at once (iterative stratification): 'season,meta.attribute.*'."),
    ] = None,
    min_count: Annotated[
        int, typer.Option(help="Labels that fewer items have are not looked after.", min=1, rich_help_panel=_HOW)
    ] = 1,
    pairs: Annotated[bool, option(_HOW, "Also keep the shares of pairs of labels.", "--pairs")] = False,
    group: Annotated[
        str | None, option(_HOW, "Never tear apart what shares any of these: product,title,picture.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other items.", min=0, rich_help_panel=_HOW)] = 1,
    seal: Annotated[
        str | None, option(_OUT, "Write this part's items into a file of their own, and show none of its labels.")
    ] = None,
    leaks: Annotated[
        bool, option(_OUT, "Print what the parts share; reads every picture.", "--leaks/--no-leaks")
    ] = True,
    near: Annotated[
        bool, option(_OUT, "Look for near pictures too (decodes every picture).", "--near/--no-near")
    ] = True,
    *,
    reading: Reading,
) -> None:
    """Divide a data set into parts, and say what the parts share although they should not.

    Give one of --shares, --folds, --five-by-two, --years and --published. The same seed gives the same parts,
    whatever order the items come in. docs/splitting.md explains the files.

    Examples:

        modiste data split shop.zip --shares train=0.8,test=0.2 --by articleType --group title,picture -o parts.csv

        modiste data split shop.zip --shares train=0.7,validation=0.1,test=0.1,control=0.1 --by masterCategory
        --seal control -o parts.csv

        modiste data split shop.zip --details --shares train=0.8,test=0.2 --by-labels 'season,meta.attribute.*'
        --min-count 20 -o parts.csv

        modiste data split shop.zip --folds 5 --fold 1 --by articleType -o fold-1.csv

        modiste data split shop.zip --years even-odd --by articleType --commonest 20 -o years.csv

        modiste data split fashion.zip --published condition-cnn-split.csv --stratum articleType -o parts.csv
    """
    asked = _Asked(shares, folds, fold, five_by_two, years, commonest, published, test, validation, seal)
    _check(asked, by, by_labels, group)
    from modiste.splits import Drawing

    drawing = Drawing(by, split_names(by_labels), min_count, pairs, split_names(group), seed)
    manifest = reading.read(source)
    fingerprints = _fingerprint(manifest, near=near and leaks) if leaks or "picture" in drawing.groups else None
    splits = _draw(manifest, asked, drawing, fingerprints)
    _write(output, splits, asked)
    for name, parts in splits.items():
        if len(splits) > 1:
            typer.echo(f"{name}:")
        _show_counts(manifest, parts, by, seal)
        if leaks and fingerprints is not None:
            _show_leaks(manifest, parts, fingerprints)


def _check(asked: _Asked, by: str | None, by_labels: str | None, group: str | None) -> None:
    """Refuse what contradicts itself before a long reading begins."""
    kinds = {
        "--shares": asked.shares,
        "--folds": asked.folds,
        "--five-by-two": asked.five_by_two or None,
        "--years": asked.years,
        "--published": asked.published,
    }
    given = [name for name, value in kinds.items() if value is not None]
    if len(given) != 1:
        raise UsageError(
            f"expected exactly one of {', '.join(kinds)}; given {', '.join(given) or 'none'}. "
            "Type such as --shares train=0.8,test=0.2"
        )
    if asked.fold is not None and given[0] not in ("--folds", "--five-by-two"):
        raise UsageError("--fold chooses one of --folds or of --five-by-two; give one of them too")
    if asked.years not in (None, "even-odd"):
        raise UsageError(f"--years is {asked.years!r}; expected even-odd")
    if asked.commonest is not None and asked.years is None:
        raise UsageError("--commonest belongs to --years even-odd")
    if given[0] in ("--years", "--published") and (by_labels or group):
        raise UsageError(f"{given[0]} says by itself which item is where; leave out --by-labels and --group")
    if asked.seal is not None and asked.shares is None:
        raise UsageError("--seal names one of the parts of --shares")


def _fingerprint(manifest: Manifest, *, near: bool) -> Fingerprints:
    from modiste.batch.progress import show_progress
    from modiste.splits import read_fingerprints

    images = manifest.items["image"]
    with show_progress(images.n_unique(), done=0, label="fingerprinting") as advance:
        return read_fingerprints(images, near=near, advance=advance)


def _draw(
    manifest: Manifest, asked: _Asked, drawing: Drawing, fingerprints: Fingerprints | None
) -> dict[str, dict[str, str]]:
    """Return column of the split file -> (item id -> part)."""
    from modiste.splits import (
        draw_five_by_two,
        draw_folds,
        draw_parts,
        hold_out,
        make_year_parts,
        parse_shares,
        select_run,
    )

    if asked.shares is not None:
        shares = parse_shares(asked.shares)
        if asked.seal is not None and asked.seal not in shares:
            raise UsageError(f"--seal names {asked.seal!r}, but the parts are {', '.join(shares)}")
        return {"split": draw_parts(manifest, shares, drawing, fingerprints=fingerprints)}
    if asked.folds is not None:
        parts = draw_folds(manifest, asked.folds, drawing, fingerprints=fingerprints)
        return {"split": parts if asked.fold is None else hold_out(parts, f"fold-{asked.fold}")}
    if asked.five_by_two:
        replicates = draw_five_by_two(manifest, drawing, fingerprints=fingerprints)
        return replicates if asked.fold is None else {"split": select_run(replicates, asked.fold)}
    if asked.years is not None:
        return {"split": make_year_parts(manifest, by=drawing.by, commonest=asked.commonest)}
    return {"split": _take_published(manifest, asked, drawing)}


def _take_published(manifest: Manifest, asked: _Asked, drawing: Drawing) -> dict[str, str]:
    from modiste.splits import extend_published_split, find_published_parts, read_published_split

    if asked.published is None:
        return {}
    published = read_published_split(asked.published)
    if drawing.by is None:
        return find_published_parts(manifest, published)
    return extend_published_split(
        manifest, published, stratum=drawing.by, test=asked.test, validation=asked.validation, seed=drawing.seed
    )


def _write(output: Path, splits: Mapping[str, Mapping[str, str]], asked: _Asked) -> None:
    from modiste.splits import SEALED, seal_part, write_split_file, write_split_files

    if "split" not in splits:
        write_split_files(output, splits)
        typer.echo(f"{output}: {', '.join(splits)}")
        return
    parts = splits["split"]
    if asked.seal is not None:
        apart = output.with_name(f"{output.stem}.{asked.seal}{output.suffix}")
        parts, sealed = seal_part(parts, asked.seal)
        write_split_file(apart, sealed)
        typer.echo(f"{apart}: {asked.seal}, to be opened once; in {output} its items are called {SEALED!r}")
    write_split_file(output, parts)
    typer.echo(f"{output}: written")


def _show_counts(manifest: Manifest, parts: Mapping[str, str], by: str | None, seal: str | None) -> None:
    from modiste.cli.tables import print_table
    from modiste.splits import count_parts

    counted = count_parts(manifest, parts, by=by)
    shown = [name for name in counted.columns if name not in ("value", seal)]
    rows = [
        ("(none)" if row[0] is None else row[0], *row[1:])
        for row in counted.head(_SHOWN).select("value", *shown).rows()
    ]
    others = counted.slice(_SHOWN)
    if others.height:
        rows.append((f"({others.height} others)", *others.select(shown).sum().row(0)))
    total = [(name, int(counted[name].sum())) for name in counted.columns if name != "value"]
    print_table("Parts", ("part", "items"), total)
    if by is not None:
        print_table(f"{by} by part", ("value", *shown), rows)


def _show_leaks(manifest: Manifest, parts: Mapping[str, str], fingerprints: Fingerprints) -> None:
    from modiste.cli.tables import print_table
    from modiste.splits import find_leaks

    report = find_leaks(manifest, [parts.get(item, "train") for item in manifest.items["item_id"]], fingerprints)
    header = ("parts", "titles", "products", "equal pictures", "near pictures", "items of the first", "of the second")
    rows = [
        (
            f"{pair.first} / {pair.second}",
            *(pair.titles, pair.products, pair.equal_pictures),
            pair.near_pictures if fingerprints.looks else "not looked for",
            *(pair.first_items, pair.second_items),
        )
        for pair in report.pairs
    ]
    print_table("Leak report: what two parts share", header, rows)
    if report.unread:
        typer.echo(f"{report.unread} pictures can't be read; nothing is known of what they resemble")
