"""WebDataset: tar shards in which the files of one name, but for what follows its first point, are one sample."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from modiste.errors import PictureError, SourceError
from modiste.imaging import PICTURE_SUFFIXES, ArchiveLimits
from modiste.imaging.archives import has_archive_suffix, open_archive
from modiste.imaging.references import SEPARATOR
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.json_text import parse_json
from modiste.readers.raw_table import RawTable
from modiste.readers.shards import find_split
from modiste.readers.source import File, Source
from modiste.readers.table_building import build_from_table

__all__ = ["CLASS_NAMES", "CLASS_PART", "FIELDS_PART", "TEXT_PART", "WEB_DATASET"]

CLASS_PART, FIELDS_PART, TEXT_PART = "cls", "json", "txt"
CLASS_NAMES = "classnames.txt"  # beside the shards: line n names the class of number n
_TEXT_PARTS = (TEXT_PART, "text", "caption")
_COMPANIONS = (CLASS_PART, FIELDS_PART, *_TEXT_PARTS)
_IMAGE, _KEY, _SPLIT, _LABEL, _TITLE, _CAPTION = "image", "key", "split", "label", "title", "caption"
_MAX_PART_BYTES = 5_000_000
_SAMPLED = 1000
_EXPECTED = "tar shards whose pictures have a .json, .cls or .txt of the same name"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass
class _Sample:
    """The files of one sample: its shard, its key in it, its pictures by part (``jpg``, ``front.jpg``), other parts."""

    shard: str
    key: str
    name: str  # the key, with the shard's name before it where several shards have that key
    pictures: dict[str, File] = field(default_factory=dict)
    parts: dict[str, File] = field(default_factory=dict)


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    samples = [sample for sample in _list_samples(source) if sample.pictures][:_SAMPLED]
    told = sum(any(part in sample.parts for part in _COMPANIONS) for sample in samples)
    return None if told and told >= len(samples) / 2 else _EXPECTED


def _list_samples(source: Source) -> list[_Sample]:
    samples: dict[tuple[str, str], _Sample] = {}
    for file in source.files:
        shard, _, member = file.reference.rpartition(SEPARATOR)
        if not shard or shard.lower().endswith(".zip") or not has_archive_suffix(shard):
            continue
        folder, _, base = member.rpartition("/")
        stem, point, part = base.partition(".")
        if not stem or not point:
            continue
        key = posixpath.join(folder, stem)
        sample = samples.setdefault((shard, key), _Sample(shard, key, key))
        is_picture = posixpath.splitext(base)[1].lower() in PICTURE_SUFFIXES
        (sample.pictures if is_picture else sample.parts)[part.lower()] = file
    keys = Counter(key for _, key in samples)
    for sample in samples.values():
        if keys[sample.key] > 1:
            sample.name = f"{posixpath.splitext(posixpath.basename(sample.shard))[0]}/{sample.key}"
    return list(samples.values())


def _read(source: Source, options: ReaderOptions) -> Manifest:
    samples = _list_samples(source)
    problems = Problems()
    _note_shards(source, {sample.shard for sample in samples}, problems)
    if not any(sample.pictures for sample in samples):
        found = problems.summarise() if len(problems) else f"it lacks {_EXPECTED}"
        raise SourceError(f"{source.path} can't be read as WebDataset shards: {found}")
    _note_unread_parts(samples, problems)
    finder = _Pictures(samples)
    table = _load(source, samples, problems)
    told = replace(options, image_column=_IMAGE)
    labels = [name for name in (_LABEL, CLASS_PART) if name in table.columns]
    return build_from_table(table, finder, told, problems, reader=WEB_DATASET.name, labels=labels)


def _note_shards(source: Source, seen: set[str], problems: Problems) -> None:
    """Note the shards of a folder of which nothing could be listed, with the reason."""
    if not source.path.is_dir():
        return
    known = {shard.split(SEPARATOR)[0] for shard in seen}
    for path in sorted(source.path.rglob("*")):
        if not has_archive_suffix(path.name) or str(path) in known or not path.is_file():
            continue
        name = path.relative_to(source.path).as_posix()
        try:
            open_archive(path, ArchiveLimits())
            problems.remark(name, "the shard has no samples")
        except SourceError as error:
            problems.add(name, str(error))


def _note_unread_parts(samples: Sequence[_Sample], problems: Problems) -> None:
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for sample in samples:
        for part, file in sample.parts.items():
            if part not in _COMPANIONS:
                counts[part] += 1
                first.setdefault(part, file.name)
    for part, count in counts.items():
        problems.remark(first[part], f"parts of the kind .{part[:40]} are not read ({count:,} of them)")


class _Pictures:
    """Names the pictures of the samples: by the key; of several in a sample each by its part, too."""

    def __init__(self, samples: Sequence[_Sample]) -> None:
        named = [(file, f"{sample.name}.{part}") for sample in samples for part, file in sample.pictures.items()]
        self._names = {file.reference: name for file, name in named}

    def find(self, cell: str) -> File:
        """Return the picture of a reference."""
        return File(self._names[cell], cell)


def _load(source: Source, samples: Sequence[_Sample], problems: Problems) -> RawTable:
    """Make a table with a row for each picture."""
    names = _read_class_names(source)
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    several = any(len(sample.pictures) > 1 for sample in samples)
    for sample in samples:
        place = f"{posixpath.basename(sample.shard)} sample {sample.key}"
        said = _read_fields(source, sample, names, place, problems)
        if several:
            said.setdefault(_KEY, sample.name)
        if not sample.pictures:
            problems.add(place, "no picture in this sample")
        for picture in sample.pictures.values():
            rows.append({**said, _IMAGE: picture.reference})
            places.append(place)
    return RawTable(_to_columns(rows), places, len(samples))


def _to_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _read_fields(
    source: Source, sample: _Sample, names: Sequence[str], place: str, problems: Problems
) -> dict[str, Any]:
    """Return what the parts of a sample say: the fields of its JSON, its class, its text, its part of the set."""
    said = _read_json(source, sample, place, problems)
    said.pop(_IMAGE, None)
    if (split := find_split(_name_shard(source, sample))) is not None:
        said.setdefault(_SPLIT, split)
    if (label := _read_part(source, sample, CLASS_PART, place, problems)) is not None:
        number = int(label) if _NUMBER.fullmatch(label) else len(names)
        said[CLASS_PART if _LABEL in said else _LABEL] = names[number] if number < len(names) else label
    texts = (_read_part(source, sample, part, place, problems) for part in _TEXT_PARTS)
    if (text := next((text for text in texts if text), None)) is not None:
        said[_CAPTION if _TITLE in said else _TITLE] = text
    return said


def _name_shard(source: Source, sample: _Sample) -> str:
    path = sample.shard.removeprefix(str(source.path)).lstrip("/")
    return path or posixpath.basename(sample.shard)


def _read_json(source: Source, sample: _Sample, place: str, problems: Problems) -> dict[str, Any]:
    text = _read_part(source, sample, FIELDS_PART, place, problems)
    if text is None:
        return {}
    try:
        said = parse_json(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        problems.remark(place, "its .json is no JSON object (the picture is kept, without fields)")
        return {}
    return said


def _read_part(source: Source, sample: _Sample, part: str, place: str, problems: Problems) -> str | None:
    file = sample.parts.get(part)
    if file is None:
        return None
    try:
        return source.read(file, max_bytes=_MAX_PART_BYTES).decode("utf-8-sig", "replace").strip()
    except PictureError as error:
        problems.remark(place, f"its .{part} can't be read: {error}")
        return None


def _read_class_names(source: Source) -> list[str]:
    found = [file for file in source.files if posixpath.basename(file.name) == CLASS_NAMES]
    if not found:
        return []
    nearest = min(found, key=lambda file: file.name.count("/"))
    text = source.read_table(nearest).decode("utf-8-sig", "replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


WEB_DATASET = Reader(
    name="webdataset",
    description="WebDataset: tar shards of pictures with a .json, .cls or .txt of the same name",
    options=frozenset(
        {"fields", "separator", "multi_fields", "id_column", "product_column", "split_column", "title_column"}
        | {"box_columns", "annotator_column", "product_pattern"}
    ),
    find_obstacle=_find_obstacle,
    read=_read,
)
