from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from modiste.bundle import SHIPPED, Bundle, store, write_bundle
from modiste.errors import BundleError


@pytest.fixture
def copy(tiny_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_path, tmp_path / "copy"))


def test_open_reads_everything(tiny: Bundle, tiny_path: Path) -> None:
    assert tiny.path == tiny_path
    assert tiny.taxonomy is tiny.spec.taxonomy
    assert tiny.preprocessing.height == 80
    assert len(tiny.fingerprint) == 64
    assert tiny.card.startswith("# golden tiny")


def test_write_signs_and_opens_again(tiny: Bundle, tmp_path: Path) -> None:
    unsigned = tiny.spec.model_copy(update={"fingerprint": ""})
    written = write_bundle(tmp_path / "a" / "new", spec=unsigned, onnx=tiny.read_weights(), card="# card\n")
    assert written.fingerprint == tiny.fingerprint
    assert Bundle.open(str(written.path)) == written
    assert sorted(path.name for path in written.path.iterdir()) == ["bundle.json", "card.md", "model.onnx"]


def test_write_refuses_what_exists(tiny: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        write_bundle(tmp_path, spec=tiny.spec, onnx=b"", card="")


def test_write_leaves_nothing_behind_when_it_fails(tiny: Bundle, tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_bundle(tmp_path / "new", spec=tiny.spec, onnx=b"", card="\ud800")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model.onnx", "bundle.json"])
def test_a_tampered_bundle_is_refused(copy: Path, name: str) -> None:
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data.replace(b"1.25", b"1.26") if name == "bundle.json" else data[:-1] + b"x")
    with pytest.raises(BundleError, match="was changed after it was written"):
        Bundle.open(copy)


def test_a_bundle_without_fingerprint_is_refused(copy: Path) -> None:
    data = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    (copy / "bundle.json").write_text(json.dumps({**data, "fingerprint": ""}), encoding="utf-8")
    with pytest.raises(BundleError, match="says nothing"):
        Bundle.open(copy)


def test_weights_changed_after_opening_are_noticed(copy: Path) -> None:
    bundle = Bundle.open(copy)
    (copy / "model.onnx").write_bytes(b"another network")
    with pytest.raises(BundleError, match="was changed"):
        bundle.verify()


def test_missing_parts_are_named(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no bundle at"):
        Bundle.open(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"has no bundle\.json"):
        Bundle.open(tmp_path)
    (copy / "model.onnx").unlink()
    with pytest.raises(BundleError, match=r"model.onnx can't be read: No such file"):
        Bundle.open(copy)


def test_a_missing_shipped_bundle_says_what_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "SHIPPED", tmp_path)
    with pytest.raises(BundleError, match="--bundle FOLDER"):
        Bundle.open()
    assert SHIPPED.name == "shipped"


def test_a_huge_file_is_not_read(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MAX_SPEC_BYTES", 100)
    with pytest.raises(BundleError, match="at most 100 were expected"):
        Bundle.open(copy)


def test_a_card_may_be_missing(copy: Path) -> None:
    (copy / "card.md").unlink()
    assert Bundle.open(copy).card == ""
