"""Acceptance of the robustness: thousands of hostile, damaged and odd files, each of which must give its rows."""

from __future__ import annotations

import stat
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.mutations import Mutation, write_mutations
from modiste.bench.processes import Finished, list_options, run_modiste
from modiste.evaluation import Report, Section, Target, render_table
from modiste.imaging import split_reference

__all__ = ["FILES", "Case", "Verdict", "compare_rows", "measure_robustness", "run"]

FILES = 2000
_SEED = 0
_TIME_LIMIT = 900.0
_WAYS = ("in folders", "by name", "in a zip", "in a tar")
_PACKED = _WAYS[2:]
_SUFFIXES = (".parquet", ".csv")
_SHOWN = 20

Key = tuple[Path, str]


class Case(NamedTuple):
    """A mutated file, and how it is handed over."""

    way: str
    mutation: Mutation


@dataclass(frozen=True)
class Verdict:
    """What is wrong with the rows of one run; nothing is where every list is empty.

    Args:
        lost: Cases with fewer or more rows than pictures.
        wrong: Cases whose rows are errors and should be results, or the other way round.
        doubled: Pictures with more than one row.
        strangers: Rows of pictures that are not there.
    """

    lost: tuple[Case, ...]
    wrong: tuple[Case, ...]
    doubled: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every picture has exactly one row, of the right kind."""
        return not (self.lost or self.wrong or self.doubled or self.strangers)

    def list_findings(self) -> list[str]:
        """Return one line for each thing that is wrong, the first few of each kind."""
        cases = [
            *(("rows lost or doubled", case) for case in self.lost),
            *(("wrong kind", case) for case in self.wrong),
        ]
        lines = [f"{what}: {case.mutation.kind}, {case.way}: {case.mutation.path.name!r}" for what, case in cases]
        lines += [f"more than one row: {image!r}" for image in self.doubled]
        return [*lines, *(f"a row of no picture: {image!r}" for image in self.strangers)][:_SHOWN]


def run(setting: Setting) -> Report:
    """Tag `FILES` mutated files in a process of its own, and hold its rows against what was written.

    Args:
        setting: The bundle and the cores; no data is needed.
    """
    return measure_robustness(setting, count=FILES)


def measure_robustness(
    setting: Setting,
    *,
    count: int,
    seed: int = _SEED,
    suffixes: Sequence[str] = _SUFFIXES,
    time_limit: float = _TIME_LIMIT,
) -> Report:
    """Tag mutated files, a quarter each in folders, by name, in a zip and in a tar.

    Args:
        setting: The bundle and the cores.
        count: Files (or folders named like pictures), at least 4.
        seed: The same seed writes the same files.
        suffixes: The formats to write, one run each.
        time_limit: Seconds a run may take; after that it counts as hanging.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        cases, paths = _write_cases(folder, count, seed)
        setting.say(f"{len(cases)} mutated files, {sum(case.mutation.rows for case in cases.values())} pictures")
        before = _list_outside(folder)
        runs, verdicts = {}, {}
        for suffix in suffixes:
            words = ["tag", *paths, "-o", f"tags{suffix}", *list_options(setting)]
            runs[suffix] = run_modiste(words, folder=folder, time_limit=time_limit)
            verdicts[suffix] = compare_rows(cases, *_read_rows(folder, suffix))
            setting.say(f"{suffix}: exit code {runs[suffix].code}, {runs[suffix].seconds:.1f} s")
        outputs = {folder / f"tags{end}" for suffix in suffixes for end in (suffix, ".errors.csv")}
        escaped = _list_outside(folder) - before - outputs
    targets = _list_targets(count, cases, runs, verdicts, len(escaped))
    facts = {"data": f"drawn pictures of all formats, mutated, seed {seed}", "time limit": f"{time_limit:.0f} s a run"}
    return Report("Robustness of tagging", facts, [_show_runs(runs, verdicts), _show_kinds(cases, verdicts)], targets)


def compare_rows(cases: Mapping[Key, Case], results: Iterable[str], errors: Iterable[str]) -> Verdict:
    """Hold the rows of a run against the files that it was given.

    Args:
        cases: Outermost file, and member of it where the case was packed into an archive, else "" -> the case.
        results: The pictures in the table of results.
        errors: The pictures in the table of errors.
    """
    rows = [*((image, "result") for image in results), *((image, "error") for image in errors)]
    found: dict[Key, list[str]] = defaultdict(list)
    strangers = []
    for image, outcome in rows:
        key = _find_key(image, cases)
        if key is None:
            strangers.append(image)
        else:
            found[key].append(outcome)
    images = Counter(image for image, _ in rows)
    return Verdict(
        lost=tuple(case for key, case in cases.items() if len(found[key]) != case.mutation.rows),
        wrong=tuple(case for key, case in cases.items() if not _fits(case.mutation, found[key])),
        doubled=tuple(image for image, times in images.items() if times > 1),
        strangers=tuple(strangers),
    )


def _find_key(image: str, cases: Mapping[Key, Case]) -> Key | None:
    path, members = split_reference(image)
    for key in ((path, ""), (path, members[0] if members else "")):
        if key in cases:
            return key
    return None


def _fits(mutation: Mutation, outcomes: Sequence[str]) -> bool:
    return mutation.outcome == "either" or set(outcomes) <= {mutation.outcome}


def _write_cases(folder: Path, count: int, seed: int) -> tuple[dict[Key, Case], list[str]]:
    """Write the files; return each with where its rows will say that it is, and the paths to hand over."""
    cases: dict[Key, Case] = {}
    paths: list[str] = []
    for number, way in enumerate(_WAYS):
        home = folder / way.replace(" ", "-")
        share = count // len(_WAYS) + (number < count % len(_WAYS))
        mutations = write_mutations(home, count=share, seed=seed + number)
        chosen = {mutation.path for mutation in mutations if _can_go(way, mutation.path)}
        archive = home.with_suffix(".zip" if way == "in a zip" else ".tar")
        for mutation in mutations:
            key, taken = (mutation.path, ""), way if mutation.path in chosen else _WAYS[0]
            if taken in _PACKED:
                key = (archive, mutation.path.relative_to(home).as_posix())
            cases[key] = Case(taken, mutation)
        if way in _PACKED:
            _pack(archive, home, sorted(chosen))
            paths.append(str(archive))
        elif way == "by name":
            paths += sorted(map(str, chosen))
        # For what can't go that way, and for what went by name already: it must not be listed twice.
        paths.append(str(home))
    return cases, paths


def _can_go(way: str, path: Path) -> bool:
    """Tell whether a file can be handed over so; folders, pipes and the like are found in folders only."""
    status = path.lstat()
    if way == _WAYS[0] or not (stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IRUSR):
        return way == _WAYS[0]
    # The names in a zip are Unicode.
    return way != "in a zip" or not any("\udc80" <= letter <= "\udcff" for letter in path.name)


def _pack(archive: Path, home: Path, files: Sequence[Path]) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for file in files:
                packed.write(file, file.relative_to(home).as_posix())
    else:
        with tarfile.open(archive, "w") as packed:
            for file in files:
                packed.add(file, file.relative_to(home).as_posix())
    for file in files:
        file.unlink()


def _read_rows(folder: Path, suffix: str) -> tuple[list[str], list[str]]:
    """Return the pictures in the two tables; a table that is not there has none."""
    tables = (folder / f"tags{suffix}", folder / "tags.errors.csv")
    results, errors = (_read_images(table) if table.exists() else [] for table in tables)
    # The next run writes its own.
    tables[1].unlink(missing_ok=True)
    return results, errors


def _read_images(table: Path) -> list[str]:
    if table.suffix == ".parquet":
        return pl.read_parquet(table, columns=["image"])["image"].to_list()
    return pl.read_csv(table, columns=["image"], infer_schema=False)["image"].to_list()


def _list_outside(folder: Path) -> set[Path]:
    """Return what lies where members that escape their archives would go."""
    outside = (folder.parent, folder.parent.parent, Path("/etc"))
    return {*folder.iterdir(), *(path for place in outside for path in place.glob("escaped*"))}


def _list_targets(
    files: int, cases: Mapping[Key, Case], runs: Mapping[str, Finished], verdicts: Mapping[str, Verdict], escaped: int
) -> list[Target]:
    def count(name: str, seen: int) -> Target:
        return Target(name, 0, seen, at_least=False)

    judged = verdicts.values()
    return [
        Target("files", files, len(cases)),
        count("runs that hang", sum(done.stopped for done in runs.values())),
        count("runs that crash: another exit code than 1, or a traceback", sum(map(_crashed, runs.values()))),
        count("files without exactly one row a picture", sum(len(verdict.lost) for verdict in judged)),
        count("files with an error for a result, or the reverse", sum(len(verdict.wrong) for verdict in judged)),
        count("pictures with several rows", sum(len(verdict.doubled) for verdict in judged)),
        count("rows of no picture", sum(len(verdict.strangers) for verdict in judged)),
        count("files written elsewhere", escaped),
    ]


def _crashed(done: Finished) -> bool:
    return done.code != 1 or "Traceback" in done.output


def _show_runs(runs: Mapping[str, Finished], verdicts: Mapping[str, Verdict]) -> Section:
    rows = [
        (suffix, done.code, f"{done.seconds:.1f}", f"{done.peak_memory / 1e6:.0f}", "yes" if good else "**no**")
        for (suffix, done), good in zip(runs.items(), (verdict.is_good for verdict in verdicts.values()), strict=True)
    ]
    table = render_table(("output", "exit code", "seconds", "peak memory, MB", "each picture in one row"), rows)
    findings = [f"- {suffix}: {line}" for suffix, verdict in verdicts.items() for line in verdict.list_findings()]
    findings += [f"- {suffix}: it said `{done.output[-500:]}`" for suffix, done in runs.items() if _crashed(done)]
    data = {suffix: {"code": done.code, "seconds": round(done.seconds, 2)} for suffix, done in runs.items()}
    return Section("Runs", "\n\n".join([table, *(["\n".join(findings)] if findings else [])]), data)


def _show_kinds(cases: Mapping[Key, Case], verdicts: Mapping[str, Verdict]) -> Section:
    files: Counter[str] = Counter(case.mutation.kind for case in cases.values())
    ways: dict[str, Counter[str]] = {way: Counter() for way in _WAYS}
    pictures: Counter[str] = Counter()
    for case in cases.values():
        ways[case.way][case.mutation.kind] += 1
        pictures[case.mutation.kind] += case.mutation.rows
    wrong: Counter[str] = Counter(
        case.mutation.kind for verdict in verdicts.values() for case in {*verdict.lost, *verdict.wrong}
    )
    rows = [(kind, files[kind], *(ways[way][kind] for way in _WAYS), pictures[kind], wrong[kind]) for kind in files]
    header = ("mutation", "files", *_WAYS, "pictures", "wrong")
    return Section("Mutations", render_table(header, rows), {kind: {"files": files[kind]} for kind in files})
