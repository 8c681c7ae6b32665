"""``modiste combine``: several runs or bundles as one bundle."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from modiste.cli.judged_systems import is_run
from modiste.errors import UsageError, import_extra

if TYPE_CHECKING:
    from modiste.bundle import Bundle
    from modiste.manifest import Manifest
    from modiste.training import TrainingRun
    from modiste.training.joining import Joined

__all__ = ["combine"]

_CHOSEN_BY = "validation"


def combine(
    systems: Annotated[
        list[str], typer.Argument(help="Folders of runs, or, by predictions, of bundles too ('shipped' is modiste's).")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the bundle to write; it must not exist yet.")
    ] = None,
    by: Annotated[
        Literal["weights", "predictions"],
        typer.Option(
            help="'weights': one network with the mean of the weights, of runs of one recipe that began alike; "
            "'predictions': all networks side by side, which is slower and works with whatever fits."
        ),
    ] = "predictions",
    data: Annotated[
        Path | None,
        typer.Option(
            help="Labelled pictures that none learnt from, to calibrate; by default the runs' validation part."
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Part of the data to calibrate on; by default 'validation', if it has one.")
    ] = None,
    split_file: Annotated[
        Path | None, typer.Option(help="CSV that says which item is in which part: id,split or item,split.")
    ] = None,
    reader: Annotated[str | None, typer.Option(help="Reader of the data; by default it is recognised.")] = None,
    name: Annotated[str, typer.Option(help="Name of the new bundle; by default its folder's.")] = "",
    threads: Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1)] = None,
) -> None:
    """Average several networks into one ordinary bundle, calibrated anew.

    Averages of predictions are usually better than each network, and as slow as all of them together. Averages of
    weights cost nothing at run time, but are good only where the runs began alike, such as from the same ImageNet
    weights.

    Examples:

        modiste combine runs/seed1 runs/seed2 runs/seed3 -o together

        modiste combine runs/seed1 runs/seed2 -o soup --by weights

        modiste combine first-bundle second-bundle -o together --data my-shop/ --split validation
    """
    if out is None:
        raise UsageError("modiste combine needs -o FOLDER, the bundle to write. Type: modiste combine --help")
    if len(set(systems)) < len(systems):
        raise UsageError(f"a system is named twice: {' '.join(systems)}")
    torch = import_extra("torch", purpose="Combining", extra="train")
    if threads is not None:
        torch.set_num_threads(threads)
    notes = {"command": shlex.join(["modiste", "combine", *(Path(word).name for word in systems), "--by", by])}
    if by == "weights":
        joined = _by_weights(systems, out, data, name or out.name, notes)
    else:
        joined = _by_predictions(systems, out, _read_judges(data, reader, split, split_file), name or out.name, notes)
    _tell(joined, by)


def _by_weights(systems: Sequence[str], out: Path, data: Path | None, name: str, notes: dict[str, str]) -> Joined:
    from modiste.training import TrainingRun
    from modiste.training.joining import join_by_weights

    others = [word for word in systems if not is_run(word)]
    if others:
        raise UsageError(
            f"{', '.join(others)}: no folder of a run. A bundle has no weights that can be averaged; type: "
            "--by predictions"
        )
    if data is not None:
        raise UsageError("--data calibrates averages of predictions; runs are calibrated on their validation part")
    runs = {word: TrainingRun.reopen(Path(word)) for word in systems}
    return join_by_weights(runs, out, name=name, training=notes, say=_say)


def _by_predictions(
    systems: Sequence[str], out: Path, judges: Manifest | None, name: str, notes: dict[str, str]
) -> Joined:
    from modiste.bundle import Bundle
    from modiste.training import TrainingRun, open_run_bundle
    from modiste.training.joining import join_by_predictions

    runs = {word: TrainingRun.reopen(Path(word)) for word in systems if is_run(word)}
    if judges is None:
        judges = _share_validation(runs)
    bundles: dict[str, Bundle] = {
        word: open_run_bundle(runs[word], say=_say)
        if word in runs
        else Bundle.open(None if word == "shipped" else word)
        for word in systems
    }
    recipe = next((run.recipe for run in runs.values()), None)
    chosen: dict[str, Any] = {}
    if recipe is not None:
        chosen = {"calibration": recipe.calibration, "precision": recipe.silence.precision}
    return join_by_predictions(bundles, judges, out, name=name, training=notes, say=_say, **chosen)


def _read_judges(data: Path | None, reader: str | None, split: str | None, split_file: Path | None) -> Manifest | None:
    """Return the items that calibrate; None where no data is named."""
    if data is None:
        return None
    from modiste.evaluation import apply_split, select_part
    from modiste.readers import read_source

    manifest = read_source(data, reader=reader)
    if split_file is not None:
        manifest = apply_split(manifest, split_file)
    parts = set(manifest.items["split"].drop_nulls())
    return select_part(manifest, split or (_CHOSEN_BY if _CHOSEN_BY in parts else None), digests={}).rows


def _share_validation(runs: dict[str, TrainingRun]) -> Manifest:
    from modiste.training.joining.checks import check_same_validation

    if not runs:
        raise UsageError(
            "bundles do not hold the pictures that they were calibrated on; name labelled ones that none learnt from: "
            "--data SOURCE"
        )
    check_same_validation(runs)
    return next(iter(runs.values())).read_parts().of_split(_CHOSEN_BY)


def _tell(joined: Joined, by: str) -> None:
    path = joined.bundle.path
    for name, accuracy in joined.accuracies.items():
        typer.echo(f"{name}: {accuracy:.4f} right, mean of the fields, on the items that calibrate")
    typer.echo(f"together: {joined.accuracy:.4f}")
    if joined.silent:
        typer.echo(
            f"{', '.join(joined.silent)}: not known what it was trained on, so neither is it of {path}. Type: modiste "
            "bundle mark --help",
            err=True,
        )
    if by == "weights" and joined.accuracies and joined.accuracy < min(joined.accuracies.values()):
        typer.echo(
            "the mean of the weights is worse than each of the networks: they did not begin alike. Type: --by "
            "predictions",
            err=True,
        )
    typer.echo(f"{path}: {joined.bundle.spec.name}, fingerprint {joined.bundle.fingerprint[:12]}")
    typer.echo(f"Next: modiste evaluate {shlex.quote(str(path))} --data test-pictures/")


def _say(line: str) -> None:
    typer.echo(line, err=True)
