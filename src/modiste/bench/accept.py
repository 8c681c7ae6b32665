"""Acceptance runs: what a version must show before it is shipped, each with its targets and a table in ``results/``.

To add one: write a module with ``run(setting: Setting) -> Report``, and a line in `RUNS`.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from modiste.bench.machine import describe_command, describe_machine
from modiste.bundle import Bundle
from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation import (
    OPENINGS_FILE,
    Opening,
    Protocol,
    Report,
    apply_split,
    find_split_file,
    is_sealed,
    record_opening,
    write_report,
)
from modiste.manifest import Manifest

__all__ = ["RUNS", "AcceptanceRun", "Setting", "accept", "add_facts", "describe_bundle", "find_run"]


@dataclass(frozen=True)
class Setting:
    """What a run works with.

    Args:
        bundle: The folder of the bundle to judge; None is the one that ships.
        data: The folder with the real pictures; None where there is none.
        threads: Cores to use; None is all.
        replicates: Bootstrap draws an interval.
        part: The part of the data that searches are judged on; the sealed one, ``"test"``, is opened at the end only.
        work: Folder where long trainings keep what is finished, so that the same command goes on after a stop.
        openings: The table that notes when a sealed part was looked at (`modiste.evaluation.record_opening`).
        say: Told what goes on, a line at a time.
    """

    bundle: Path | None = None
    data: Path | None = None
    threads: int | None = None
    replicates: int = 1000
    part: str = "validation"
    work: Path = Path("runs/acceptance")
    openings: Path | None = None
    say: Callable[[str], None] = print

    def open_bundle(self) -> Bundle:
        """Open the bundle to judge."""
        return Bundle.open(self.bundle)

    def find_data(self, name: str) -> Path:
        """Return the path of a file in the data folder.

        Raises:
            UsageError: There is no data folder, or no such file in it.
        """
        if self.data is None or not (self.data / name).exists():
            raise UsageError(f"{name} is not in {self.data or 'any folder'}. Type: --data FOLDER, where it lies")
        return self.data / name

    def apply_protocol(self, manifest: Manifest, protocol: Protocol) -> Manifest:
        """Give every item the part that a protocol's split file names; the file is looked for beside the data first.

        Args:
            manifest: The items.
            protocol: One with a split file.

        Raises:
            SourceError: A published split file is missing.
            UsageError: The split file does not fit the items.
        """
        return apply_split(manifest, find_split_file(protocol.split_file, beside=self.data))

    def note_opening(self, protocol: Protocol, part: str, *, data: str, rows: int) -> None:
        """Note that a part is looked at, if it is a sealed one; call it before there are figures to see.

        Args:
            protocol: The protocol that seals it.
            part: The name of the part.
            data: The name of the data source.
            rows: How many rows of the part are judged.

        Raises:
            UsageError: The table can't be written.
        """
        if not is_sealed(part, protocol):
            return
        if self.openings is None:
            self.say(f"the sealed part {part!r} is opened, and nothing notes it: no table of openings is given")
            return
        words = {"system": describe_bundle(self.open_bundle()), "data": data, "command": describe_command()}
        record_opening(self.openings, Opening.now(protocol=protocol, part=part, rows=rows, **words))
        self.say(f"the sealed part {part!r} is opened: noted in {self.openings}")


@dataclass(frozen=True)
class AcceptanceRun:
    """One entry of the table.

    Args:
        name: How it is called.
        description: One line.
        module: Dotted name of the module whose ``run(setting)`` gives the report; imported when it is run.
        needs_data: Whether it needs the folder of real pictures.
        judges_bundle: Whether its figures are a bundle's, so that another bundle needs another run.
    """

    name: str
    description: str
    module: str
    needs_data: bool
    judges_bundle: bool = True

    def run(self, setting: Setting) -> Report:
        """Run it; the report lacks the facts that all runs share (`accept` adds them)."""
        report: Report = importlib.import_module(self.module).run(setting)
        return report


RUNS = (
    AcceptanceRun("accuracy", "The sealed test part at 60x80, field by field.", "modiste.bench.accuracy", True),
    AcceptanceRun(
        "protocols",
        "Three networks for each protocol, judged once.",
        "modiste.bench.protocols",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "attributes",
        "Each attribute beside what the kind of product tells; what is said of it.",
        "modiste.bench.attributes",
        True,
    ),
    AcceptanceRun(
        "ingredients", "What each part of the bundle gains, and what it costs.", "modiste.bench.ingredients", True
    ),
    AcceptanceRun("strangers", "Pictures of no fashion product beside products.", "modiste.bench.strangers", True),
    AcceptanceRun("retrieval", "Searches by picture, beside simpler vectors.", "modiste.bench.retrieval", True),
    AcceptanceRun("text-search", "Titles and typed words find pictures.", "modiste.bench.text_search", True),
    AcceptanceRun("adapt", "A bundle learns a shop's own labels.", "modiste.bench.adapting", True),
    AcceptanceRun(
        "statistics",
        "Coverage of intervals, false alarms of tests.",
        "modiste.bench.statistics",
        False,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "similarity",
        "Cross-entropy and triplets for similar pictures.",
        "modiste.bench.similarity",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "multi-label",
        "224 labels a picture: transfer, thresholds, losses.",
        "modiste.bench.multi_label",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "loader", "What a step costs beside tensors in memory.", "modiste.bench.loading", True, judges_bundle=False
    ),
    AcceptanceRun("label-noise", "Planted label errors, in the report's gallery.", "modiste.bench.label_noise", True),
    AcceptanceRun("sizes", "Larger pictures of the sealed test products.", "modiste.bench.sizes", True),
    AcceptanceRun("limits", "What limits each field: labels, size, rare classes.", "modiste.bench.limits", True),
    AcceptanceRun("speed", "Pictures a second beside two baselines; the wait for one.", "modiste.bench.speed", False),
    AcceptanceRun("memory", "The most memory that 40,000 pictures need.", "modiste.bench.memory", False),
    AcceptanceRun("robustness", "2,000 hostile and damaged files, a row each.", "modiste.bench.robustness", False),
    AcceptanceRun(
        "reading",
        "300,000 DeepFashion lines; a million iMaterialist images.",
        "modiste.bench.reading",
        False,
        judges_bundle=False,
    ),
    AcceptanceRun("checking", "Faults planted into the Kaggle set, and what is found.", "modiste.bench.checking", True),
    AcceptanceRun(
        "exploring",
        "Whole data sets as a page: size, time, memory.",
        "modiste.bench.exploring",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun("resume", "Jobs that are killed and called again.", "modiste.bench.resume", False),
    AcceptanceRun(
        "fetching", "20,000 pictures from a slow, faulty server.", "modiste.bench.fetching", False, judges_bundle=False
    ),
    AcceptanceRun(
        "fetching-scale",
        "A million addresses, and the memory they need.",
        "modiste.bench.fetching_scale",
        False,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "splitting",
        "Shares by class, many labels, groups kept whole.",
        "modiste.bench.splitting",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "catalogue-load",
        "Readers, and a writer that is killed: 30 minutes.",
        "modiste.bench.catalogue_load",
        False,
        judges_bundle=False,
    ),
    AcceptanceRun("catalogue", "A catalogue of 40,000, built and searched.", "modiste.bench.catalogue", True),
    AcceptanceRun("search-methods", "Ways to search, by recall, time and memory.", "modiste.bench.searching", False),
    AcceptanceRun(
        "serving", "A server of 40,000 products: rates, waits, overload.", "modiste.bench.serving.load", True
    ),
    AcceptanceRun(
        "page-speed",
        "The page's paints, answers and weight in Chromium.",
        "modiste.bench.serving.page_speed",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "explanations", "What explanations point at is what counts.", "modiste.bench.serving.explanations", True
    ),
    AcceptanceRun(
        "serving-soak",
        "Half an hour of searches and changes; the server's memory.",
        "modiste.bench.serving.soak",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "rest-contract",
        "2,000 requests an operation, and its document.",
        "modiste.bench.serving.contract",
        False,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "hostile-uploads",
        "10,000 hostile uploads, and what each costs.",
        "modiste.bench.serving.hostile",
        False,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "round-trip", "The Kaggle set as every format and back.", "modiste.bench.round_trip", True, judges_bundle=False
    ),
    AcceptanceRun(
        "structured-output",
        "Three kinds of heads on one trunk, on S0's hierarchy.",
        "modiste.bench.structured_output",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "master-category",
        "A small CNN on five divisions, control parts sealed.",
        "modiste.bench.master_category",
        True,
        judges_bundle=False,
    ),
    AcceptanceRun(
        "own-search",
        "Dress, pullover or shirt: three trunks, 80/20 and 5x2.",
        "modiste.bench.own_search",
        True,
        judges_bundle=False,
    ),
)


def find_run(name: str) -> AcceptanceRun:
    """Return an entry of the table by its name.

    Raises:
        UnknownNameError: There is none.

    Example:
        >>> find_run("accuracy").needs_data
        True
    """
    for entry in RUNS:
        if entry.name == name:
            return entry
    raise UnknownNameError("acceptance run", name, [entry.name for entry in RUNS])


def accept(entry: AcceptanceRun, setting: Setting, *, results: Path) -> Report:
    """Run one entry and write ``NAME.md`` and ``NAME.json``, whole or not at all; openings are noted beside them.

    Args:
        entry: The entry.
        setting: What it works with.
        results: The folder to write to.

    Returns:
        The report; `Report.passed` says whether every target was reached.

    Raises:
        UsageError: It needs data that is not there.
    """
    if entry.needs_data and (setting.data is None or not setting.data.is_dir()):
        raise UsageError(
            f"{entry.name!r} needs the folder of real pictures; given {setting.data or 'none'}. Type: --data FOLDER"
        )
    setting.open_bundle()  # a missing one is told before anything long begins
    setting = dataclasses.replace(setting, openings=setting.openings or results / OPENINGS_FILE)
    report = add_facts(entry.run(setting), setting, judges_bundle=entry.judges_bundle)
    write_report(report, results, entry.name)
    return report


def add_facts(report: Report, setting: Setting, *, judges_bundle: bool = True) -> Report:
    """Return a report with the facts that all runs share in front of its own: verdict, bundle, command, hardware."""
    bundle = setting.open_bundle()
    judged = {"bundle": describe_bundle(bundle)} if judges_bundle else {}
    shared = {
        "verdict": "every target reached" if report.passed else "**targets missed**",
        **judged,
        "command": f"`{describe_command()}`",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "hardware": describe_machine(),
    }
    return dataclasses.replace(report, facts={**shared, **report.facts})


def describe_bundle(bundle: Bundle) -> str:
    """Return the name of a bundle and its fingerprint, as tables of results name it."""
    return f"{bundle.spec.name}, fingerprint {bundle.fingerprint}"
