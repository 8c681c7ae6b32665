"""The card of a bundle: what it says, how it was made, how good it is, as Markdown for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from modiste.bundle.spec import BundleSpec

__all__ = ["build_card", "read_purpose"]


def build_card(spec: BundleSpec, *, purpose: str, limits: Iterable[str] = ()) -> str:
    """Write the card of a bundle from what its spec holds.

    Args:
        spec: The bundle's spec; ``training`` and ``metrics`` become sections, nested tables becoming subsections.
        purpose: One paragraph: what the bundle is for.
        limits: What it should not be used for, or is bad at; one line each.

    Returns:
        Markdown that ends with a newline.
    """
    sections = [
        f"# {spec.name}\n\n{purpose}",
        f"## What it says\n\n{_tabulate_fields(spec)}",
        *_describe_silence(spec),
        *_describe_strangers(spec),
        f"## What it reads\n\n{_tabulate(spec.preprocessing)}",
        *([f"## How it was made\n\n{_render(spec.training, 3)}"] if spec.training else []),
        *([f"## How good it is\n\n{_render(spec.metrics, 3)}"] if spec.metrics else []),
        *_describe_text(spec),
        *_list_limits(limits),
        "## Is it whole?\n\n`modiste bundle verify FOLDER` recomputes the fingerprint and runs the network once.",
    ]
    return "\n\n".join(sections) + "\n"


def read_purpose(card: str) -> str:
    """Return the paragraph below a card's title, as `build_card` wrote it; empty where there is none."""
    paragraphs = card.split("\n\n")
    return paragraphs[1] if len(paragraphs) > 1 else ""


def _describe_text(spec: BundleSpec) -> list[str]:
    text = spec.text
    if text is None:
        return []
    sentence = (
        "It also turns words into vectors: of the same space as the embedding, so that a text finds pictures. It knows "
        f"words by their pieces of {text.pieces.shortest} to {text.pieces.longest} characters, and holds no list of "
        "words."
    )
    parts = [f"## Words\n\n{sentence}"]
    parts += [_render(text.training, 3)] if text.training else []
    parts += [_render(text.metrics, 3)] if text.metrics else []
    return ["\n\n".join(parts)]


def _tabulate_fields(spec: BundleSpec) -> str:
    head = "| field | kind | values | refines | temperature | doubtful below |\n|---|---|---:|---|---:|---:|"
    rows = [
        f"| {field.name} | {field.kind} | {len(field)} | {field.parent or ''} "
        f"| {spec.temperatures.get(field.name, 1.0):.3f} | {spec.doubt.get(field.name, 0.0):.3f} |"
        for field in spec.taxonomy
    ]
    return "\n".join([head, *rows]) + f"\n\nand an embedding of {spec.embedding_size} numbers, of unit length."


def _describe_silence(spec: BundleSpec) -> list[str]:
    if not spec.silence:
        return []
    lines = [
        f"| {name} | {'whatever it is' if rule.under is None else _show(f'{rule.under}: ' + ', '.join(rule.values))} "
        f"| {rule.below:.3f} |"
        for name, rule in spec.silence.items()
    ]
    head = "It says nothing of what a product has not, or of what it can't make out:\n\n| field | said of | from |"
    return ["\n".join([f"## Where it is silent\n\n{head}", "|---|---|---:|", *lines])]


def _describe_strangers(spec: BundleSpec) -> list[str]:
    if spec.stranger_below is None:
        return []
    sentence = (
        f"A picture whose familiarity is below {spec.stranger_below:.3f} looks like no fashion product. It is marked "
        "as a stranger, and all its tags are doubtful."
    )
    return [f"## Pictures of no product\n\n{sentence}"]


def _list_limits(limits: Iterable[str]) -> list[str]:
    lines = "\n".join(f"- {limit}" for limit in limits)
    return [f"## Limits\n\n{lines}"] if lines else []


def _render(data: Mapping[str, JsonValue], level: int) -> str:
    if _is_table(data):
        return _tabulate_rows(data)
    plain = {key: value for key, value in data.items() if not isinstance(value, dict)}
    blocks = [_tabulate(plain)] if plain else []
    for key, value in data.items():
        if isinstance(value, dict) and value:
            blocks.append(f"{'#' * min(level, 6)} {key}\n\n{_render(value, level + 1)}")
    return "\n\n".join(blocks)


def _is_table(data: Mapping[str, JsonValue]) -> bool:
    rows = list(data.values())
    return bool(rows) and all(isinstance(row, dict) and row and not _has_nested(row) for row in rows)


def _has_nested(row: Mapping[str, JsonValue]) -> bool:
    return any(isinstance(value, dict) for value in row.values())


def _tabulate_rows(data: Mapping[str, JsonValue]) -> str:
    rows = {key: row for key, row in data.items() if isinstance(row, dict)}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    lines += [
        f"| {_show(key)} | {' | '.join(_show(row.get(column, '')) for column in columns)} |"
        for key, row in rows.items()
    ]
    return "\n".join(lines)


def _tabulate(data: Mapping[str, JsonValue]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {_show(key)} | {_show(value)} |" for key, value in data.items())])


def _show(value: JsonValue) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_show(item) for item in value)
    return str(value).replace("|", "\\|").replace("\n", "<br>")
