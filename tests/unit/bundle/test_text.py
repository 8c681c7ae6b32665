"""The text part of a bundle: optional, guarded by its own fingerprint, without a trace in that of the pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from modiste.bundle import MOST_TEXT_BYTES, Bundle, BundleSpec, PieceSpec, TextSpec, attach_text, store, write_bundle
from modiste.errors import BundleError

GRAPH = b"any bytes: a bundle does not run its graph"


@pytest.fixture
def copy(tiny_path: Path, tmp_path: Path) -> Bundle:
    return Bundle.open(shutil.copytree(tiny_path, tmp_path / "copy"))


def list_files(bundle: Bundle) -> list[str]:
    return sorted(path.name for path in bundle.path.iterdir() if path.suffix in (".onnx", ".json", ".md", ".part"))


def test_bundles_without_words_stay_as_they_are(tiny: Bundle, tiny_path: Path) -> None:
    assert not tiny.has_text_encoder
    assert tiny.text_fingerprint == ""
    assert tiny.spec.to_text() == (tiny_path / "bundle.json").read_text(encoding="utf-8")
    assert "text" not in json.loads(tiny.spec.to_text())
    with pytest.raises(BundleError, match="has no text encoder"):
        tiny.read_text_weights()


def test_attached_words_change_nothing_for_pictures(copy: Bundle) -> None:
    before, weights = copy.fingerprint, (copy.path / "model.onnx").read_bytes()
    attach_text(copy, TextSpec(metrics={"first": 0.5}, training={"seed": 7}), GRAPH)
    again = Bundle.open(copy.path)
    assert again.has_text_encoder
    assert again.fingerprint == before
    assert (copy.path / "model.onnx").read_bytes() == weights
    assert again.read_text_weights() == GRAPH
    assert len(again.text_fingerprint) == 64
    assert again.spec.format_version == 2
    assert "## Words" in again.card
    assert "| seed | 7 |" in again.card
    assert "For tests" in again.card or copy.card.split("\n\n")[1] in again.card
    assert BundleSpec.from_text(again.spec.to_text()) == again.spec


def test_new_words_replace_the_old_ones(copy: Bundle) -> None:
    first = attach_text(copy, TextSpec(), GRAPH)
    second = attach_text(first, TextSpec(), GRAPH + b" of another kind")
    assert first.text_fingerprint != second.text_fingerprint
    assert list_files(second) == ["bundle.json", "card.md", "model.onnx", second.spec.text.weights]  # type: ignore[union-attr]
    assert Bundle.open(copy.path) == second
    assert attach_text(second, TextSpec(), GRAPH + b" of another kind") == second


@pytest.mark.parametrize("step", ["write the graph", "write the spec", "write the card"])
def test_a_writer_that_dies_leaves_a_whole_bundle(copy: Bundle, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    old = attach_text(copy, TextSpec(), GRAPH)
    deaths = ["write the graph", "write the spec", "write the card"].index(step)
    real, calls = store.replace_file, []

    def die(path: Path, content: bytes) -> None:
        if len(calls) == deaths:
            raise KeyboardInterrupt
        calls.append(path)
        real(path, content)

    monkeypatch.setattr(store, "replace_file", die)
    with pytest.raises(KeyboardInterrupt):
        attach_text(old, TextSpec(), b"another graph")
    opened = Bundle.open(copy.path)
    assert opened.read_text_weights() in (GRAPH, b"another graph")


def test_tampered_words_are_refused(copy: Bundle) -> None:
    worded = attach_text(copy, TextSpec(), GRAPH)
    path = worded.path / worded.spec.text.weights  # type: ignore[union-attr]
    path.write_bytes(GRAPH[:-1] + b"X")
    with pytest.raises(BundleError, match="was changed, or belongs to another"):
        Bundle.open(worded.path)
    path.unlink()
    with pytest.raises(BundleError, match="can't be read"):
        Bundle.open(worded.path)
    path.write_bytes(b"0" * (MOST_TEXT_BYTES + 1))
    with pytest.raises(BundleError, match="at most"):
        Bundle.open(worded.path)


def test_changed_pieces_are_refused(copy: Bundle) -> None:
    worded = attach_text(copy, TextSpec(), GRAPH)
    data = json.loads((worded.path / "bundle.json").read_text(encoding="utf-8"))
    data["text"]["pieces"]["longest"] = 6
    (worded.path / "bundle.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BundleError, match="was changed"):
        Bundle.open(worded.path)


def test_words_of_another_bundle_are_refused(copy: Bundle, tmp_path: Path) -> None:
    worded = attach_text(copy, TextSpec(), GRAPH)
    spec = copy.spec.model_copy(update={"doubt": {"kind": 0.11}})
    other = write_bundle(tmp_path / "other", spec=spec, onnx=copy.read_weights(), card="# other\n")
    foreign = other.spec.with_text(worded.spec.text)
    shutil.copy(worded.path / worded.spec.text.weights, other.path)  # type: ignore[union-attr]
    (other.path / "bundle.json").write_text(foreign.to_text(), encoding="utf-8")
    with pytest.raises(BundleError, match="belongs to another"):
        Bundle.open(other.path)


def test_too_large_a_graph_is_refused(copy: Bundle) -> None:
    with pytest.raises(BundleError, match="at most 8,000,000"):
        attach_text(copy, TextSpec(), b"0" * (MOST_TEXT_BYTES + 1))
    assert Bundle.open(copy.path) == copy


def test_a_bundle_written_anew_has_no_words(copy: Bundle, tmp_path: Path) -> None:
    worded = attach_text(copy, TextSpec(), GRAPH)
    written = write_bundle(tmp_path / "new", spec=worded.spec, onnx=worded.read_weights(), card="# card\n")
    assert not Bundle.open(written.path).has_text_encoder
    assert written.fingerprint == worded.fingerprint


@pytest.mark.parametrize("name", ["../text.onnx", "model.onnx", "text/a.onnx", "text.onnx.part", "/text.onnx", "text"])
def test_the_graph_never_leaves_the_folder(name: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        TextSpec(weights=name)


@pytest.mark.parametrize(
    "change",
    [
        {"shortest": 5, "longest": 4},
        {"buckets": 1},
        {"most_words": 0},
        {"scheme": "characters-md5"},
        {"surprise": 1},
    ],
)
def test_pieces_that_can_not_be_made_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PieceSpec.model_validate(change)


@pytest.mark.parametrize(("version", "worded"), [(2, False), (1, True)])
def test_version_and_words_must_agree(tiny: Bundle, version: int, worded: bool) -> None:
    data = {**tiny.spec.model_dump(), "format_version": version, "text": TextSpec().model_dump() if worded else None}
    with pytest.raises(ValidationError, match=r"format . with(out)? a text encoder.*; expected"):
        BundleSpec.model_validate(data)
