"""Acceptance of the speed: pictures a second as ratios in one run, and the wait for a cold process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from modiste.batch import BATCH
from modiste.bench.accept import Setting
from modiste.bench.cold_start import list_cold_targets, measure_cold_starts
from modiste.bench.cold_start import to_section as show_cold_starts
from modiste.bench.material import Material, pack_pictures, pack_source
from modiste.bench.tag_speed import measure_tagging
from modiste.evaluation import Report
from modiste.runtime import count_cores

__all__ = ["PICTURES", "measure_source", "measure_speed", "run"]

PICTURES = 4096


def run(setting: Setting) -> Report:
    """Measure everything: tagging beside its two baselines, one picture from a cold process, and the help.

    Args:
        setting: Real thumbnails are used where its data folder has them, else drawn ones.

    Raises:
        MissingExtraError: The path of the sources needs the extra ``train``.
    """
    with tempfile.TemporaryDirectory() as folder:
        material = pack_pictures(setting, Path(folder) / "pictures.zip", PICTURES)
        report = measure_speed(setting, material)
        timings = measure_cold_starts(setting, material)
    sections = [*report.sections, show_cold_starts(timings)]
    return Report(report.title, report.facts, sections, [*report.targets, *list_cold_targets(timings)])


def measure_speed(setting: Setting, material: Material, *, rounds: int = 5, sources: bool = True) -> Report:
    """Measure how many pictures a second are tagged.

    Args:
        setting: The bundle, the cores, and who is told.
        material: The pictures.
        rounds: Medians of so many.
        sources: Also time the path of the sources, which needs the extra ``train``.
    """
    speed = measure_tagging(setting, material, rounds=rounds, sources=sources)
    prepared = setting.open_bundle().preprocessing
    facts = {
        "data": material.data,
        "picture size": f"{material.sizes}; the network reads {prepared.width}x{prepared.height}",
        "batch": str(BATCH),
        "threads": str(setting.threads or count_cores()),
    }
    return Report("Speed of tagging", facts, [speed.to_section()], speed.list_targets())


def measure_source(
    setting: Setting, source: Path | None, *, pictures: int = PICTURES, rounds: int = 5, sources: bool = True
) -> Report:
    """As `measure_speed`, on up to ``pictures`` pictures of a folder or an archive; None is drawn ones."""
    with tempfile.TemporaryDirectory() as folder:
        material = pack_source(source, Path(folder) / "pictures.zip", pictures)
        return measure_speed(setting, material, rounds=rounds, sources=sources)
