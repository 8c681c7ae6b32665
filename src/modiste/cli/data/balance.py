"""``modiste data balance``: fewer of the commonest classes, more of the rare ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.manifest import Manifest

__all__ = ["balance"]

_LESS, _MORE, _WHICH = "Fewer", "More", "What is counted"
_SHOWN = 40  # problems and classes


@takes_reading
def balance(
    source: Source,
    out: Annotated[Path, typer.Argument(help="Folder of the manifest to write; pictures that are made go beside it.")],
    by: Annotated[str | None, option(_WHICH, "The single field whose values are the classes.")] = None,
    part: Annotated[
        str | None, option(_WHICH, "Part whose classes are enlarged; by default train where there is one.")
    ] = None,
    merge: Annotated[
        list[str] | None,
        option(_LESS, "FIELD:map.csv (columns value,into), FIELD:50:other or FIELD:50:parent; may be repeated."),
    ] = None,
    cap: Annotated[str | None, option(_LESS, "Items a class at most: 500, or a multiple of the mean: 4x-mean.")] = None,
    sample: Annotated[str | None, option(_LESS, "FIELD=N: so many items altogether, of every class its share.")] = None,
    over_sample: Annotated[
        bool, option(_MORE, "Repeat the items of small classes up to the size of the largest.", "--over-sample")
    ] = False,
    fill: Annotated[
        int | None, option(_MORE, "Fill classes up to so many items by augmented copies, in OUT.copies.zip.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed takes other items.", min=0, rich_help_panel=_WHICH)] = 1,
    *,
    reading: Reading,
) -> None:
    """Write a balanced copy of a data set; the source is never touched.

    What is asked for is done in this order: merge, cap, sample, over-sample, fill. Divide the data set first: copies
    stay in the part of the item they were made from (column meta.copy_of), and no evaluation counts them.

    Examples:

        modiste data balance shop.zip balanced --by subCategory --cap 4x-mean --sample subCategory=25000

        modiste data balance shop.zip merged --by articleType --merge articleType:50:parent

        modiste data balance parts balanced --by articleType --fill 200
    """
    _check(out, by, cap, over_sample, fill, [*(merge or []), *([sample] if sample else [])])
    from modiste.collect.balancing import cap_classes, down_sample, parse_cap
    from modiste.collect.balancing import over_sample as repeat

    before = reading.read(source)
    after = before
    for rule in merge or []:
        after = _merge(after, rule)
    if cap is not None and by is not None:
        after = cap_classes(after, by, parse_cap(cap, after, by), seed=seed)
    if sample is not None:
        field, total = _read_sample(sample)
        after = down_sample(after, field, total, seed=seed)
    if over_sample and by is not None:
        after = repeat(after, by, part=part, seed=seed)
    problems: dict[str, str] = {}
    if fill is not None and by is not None:
        after, problems = _fill(after, by, fill, out, part=part, seed=seed)
    after.write(out)
    _show(before, after, by or (sample or "").partition("=")[0] or (merge or [""])[0].partition(":")[0])
    typer.echo(f"{out}: {len(after)} items, of which {len(after) - len(after.without_copies())} are copies")
    _report(problems)


def _check(out: Path, by: str | None, cap: str | None, over_sample: bool, fill: int | None, rules: list[str]) -> None:
    """Refuse what can't be done before a long reading begins."""
    if out.exists():
        raise UsageError(f"{out} exists already; choose a new name or remove it first")
    enlarging = over_sample or fill is not None
    if not rules and cap is None and not enlarging:
        raise UsageError("nothing to do; give one or more of --merge, --cap, --sample, --over-sample and --fill")
    if by is None and (cap is not None or enlarging):
        raise UsageError("--cap, --over-sample and --fill need --by FIELD, whose values are the classes")
    if over_sample and fill is not None:
        raise UsageError("--over-sample repeats and --fill augments; give one of them")


def _merge(manifest: Manifest, rule: str) -> Manifest:
    from modiste.collect.balancing import merge_classes, merge_small_classes, read_merge_map

    field, _, how = rule.partition(":")
    count, _, into = how.partition(":")
    if field and count.isdecimal() and into:
        return merge_small_classes(manifest, field, int(count), into=into)
    if not field or not how:
        raise UsageError(f"--merge is {rule!r}; expected FIELD:map.csv, FIELD:50:other or FIELD:50:parent")
    return merge_classes(manifest, field, read_merge_map(Path(how)))


def _read_sample(text: str) -> tuple[str, int]:
    field, _, total = text.partition("=")
    if not field or not total.isdecimal():
        raise UsageError(f"--sample is {text!r}; expected FIELD=N, such as subCategory=25000")
    return field, int(total)


def _fill(
    manifest: Manifest, by: str, count: int, out: Path, *, part: str | None, seed: int
) -> tuple[Manifest, dict[str, str]]:
    from modiste.batch.progress import show_progress
    from modiste.collect.balancing import count_missing, fill_classes

    pictures = out.with_name(out.name + ".copies.zip")
    if pictures.exists():
        raise UsageError(f"{pictures} exists already; choose another OUT or remove it first")
    with show_progress(count_missing(manifest, by, count, part=part), done=0, label="augmenting") as advance:
        filling = fill_classes(manifest, by, count, pictures, part=part, seed=seed, advance=advance)
    return filling.manifest, filling.problems


def _show(before: Manifest, after: Manifest, field: str) -> None:
    from modiste.cli.tables import print_table
    from modiste.collect.balancing import count_classes

    old, new = count_classes(before, field), count_classes(after, field)
    copies = {value: count - count_classes(after.without_copies(), field).get(value, 0) for value, count in new.items()}
    names = sorted({*old, *new}, key=lambda value: (-max(old.get(value, 0), new.get(value, 0)), value))
    rows = [(value, old.get(value, 0), new.get(value, 0), copies.get(value, 0)) for value in names]
    print_table(f"{field}: items before and after", ("value", "before", "after", "of which copies"), rows)


def _report(problems: dict[str, str]) -> None:
    if not problems:
        return
    from modiste.cli.tables import print_table

    shown = list(problems.items())[:_SHOWN]
    print_table(f"{len(problems)} items could not be copied", ("item", "reason"), shown)
    raise typer.Exit(1)
