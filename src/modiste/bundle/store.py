"""A bundle on disk: ``bundle.json``, ``model.onnx``, ``card.md``, and perhaps a text encoder and more (see docs)."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle.card import build_card, read_purpose
from modiste.bundle.spec import BundleSpec
from modiste.bundle.text import MOST_TEXT_BYTES, TextSpec
from modiste.errors import BundleError
from modiste.imaging import Preprocessing
from modiste.taxonomy import Taxonomy

__all__ = [
    "SHIPPED",
    "Bundle",
    "attach_text",
    "keep_training_items",
    "read_bounded",
    "replace_file",
    "rewrite_notes",
    "write_bundle",
]

SHIPPED: Final = Path(__file__).parent / "shipped"
_SPEC, _CARD = "bundle.json", "card.md"
_ITEMS = "training-items.npy"
_MOST_ITEM_BYTES: Final = 512_000_000
_MAX_SPEC_BYTES: Final = 32_000_000
_MAX_WEIGHTS_BYTES: Final = 2_000_000_000  # protobuf's own limit


@dataclass(frozen=True)
class Bundle:
    """A trained model as a folder of plain files.

    Example:
        >>> Bundle.open().taxonomy.names  # doctest: +SKIP
        ('gender', 'masterCategory', 'subCategory', 'articleType', 'baseColour', 'season', 'usage')
    """

    path: Path
    spec: BundleSpec

    @classmethod
    def open(cls, path: Path | str | None = None) -> Bundle:
        """Open a bundle and check that nothing in it was changed.

        Args:
            path: The bundle's folder; by default the one that modiste ships.

        Raises:
            BundleError: There is no bundle, it is damaged, or it was written by a newer modiste.
        """
        folder = SHIPPED if path is None else Path(path)
        if not (folder / _SPEC).is_file():
            raise BundleError(_explain_missing(folder, shipped=path is None))
        bundle = cls(folder, _read_spec(folder / _SPEC))
        bundle.verify()
        return bundle

    @property
    def taxonomy(self) -> Taxonomy:
        """The fields that the bundle speaks of."""
        return self.spec.taxonomy

    @property
    def preprocessing(self) -> Preprocessing:
        """What happens to a picture before the network sees it."""
        return self.spec.resize

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all that changes an answer."""
        return self.spec.fingerprint

    @property
    def card(self) -> str:
        """The text that says what the bundle is for, how it was made and how good it is; empty if there is none."""
        card = self.path / _CARD
        return card.read_text(encoding="utf-8") if card.is_file() else ""

    def read_weights(self) -> bytes:
        """Return the ONNX graph, checked against the fingerprint.

        Raises:
            BundleError: The weights are missing, or the bundle was changed after it was written.
        """
        weights = read_bounded(self.path / self.spec.weights, _MAX_WEIGHTS_BYTES)
        found = self.spec.compute_fingerprint(weights)
        if found != self.fingerprint:
            raise BundleError(
                f"the bundle {self.path} was changed after it was written: its fingerprint is {found[:12]}..., "
                f"bundle.json says {self.fingerprint[:12] or 'nothing'}... Fetch it anew, or export it again"
            )
        return weights

    def read_training_items(self) -> NDArray[np.uint64] | None:
        """Return the marks of the items the bundle was trained on (`modiste.evaluation.mark_items`).

        Returns:
            uint64 [m], ascending; None where the bundle does not say. They change no answer and no fingerprint.

        Raises:
            BundleError: The file is no such list.
        """
        path = self.path / _ITEMS
        if not path.is_file():
            return None
        try:
            marks = np.load(io.BytesIO(read_bounded(path, _MOST_ITEM_BYTES)), allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise BundleError(
                f"{path} is no list of training items: {error}. Type: modiste bundle mark --help"
            ) from error
        if not isinstance(marks, np.ndarray) or marks.dtype != np.uint64 or marks.ndim != 1:
            raise BundleError(
                f"{path} is no list of training items; expected uint64 [m]. Type: modiste bundle mark --help"
            )
        return marks

    @property
    def has_text_encoder(self) -> bool:
        """Whether the bundle turns words into vectors as well."""
        return self.spec.text is not None

    @property
    def text_fingerprint(self) -> str:
        """The SHA-256 of the text encoder and of the pictures it fits; empty where there is none."""
        return "" if self.spec.text is None else self.spec.text.fingerprint

    def read_text_weights(self) -> bytes:
        """Return the ONNX graph of the text encoder, checked against its fingerprint.

        Raises:
            BundleError: There is none, it is missing, or it was changed or made for another bundle.
        """
        text = self.spec.text
        if text is None:
            raise BundleError(f"the bundle {self.path} has no text encoder. Type: modiste bundle add-text --help")
        weights = read_bounded(self.path / text.weights, MOST_TEXT_BYTES)
        if text.compute_fingerprint(weights, pictures=self.fingerprint) != text.fingerprint:
            raise BundleError(
                f"the text encoder of {self.path} was changed, or belongs to another bundle. Fetch the bundle anew, or "
                f"type: modiste bundle add-text {self.path} --data SOURCE"
            )
        return weights

    def verify(self) -> None:
        """Check the weights and all that changes an answer against the fingerprints.

        Raises:
            BundleError: The weights are missing, or the bundle was changed after it was written.
        """
        self.read_weights()
        if self.has_text_encoder:
            self.read_text_weights()


def write_bundle(folder: Path, *, spec: BundleSpec, onnx: bytes, card: str) -> Bundle:
    """Write a bundle as a folder, whole or not at all.

    Args:
        folder: Where to; it must not exist yet.
        spec: What the bundle says of itself; its fingerprint is computed here. Its text encoder, if any, is left out:
            `attach_text` adds one.
        onnx: The graph: input ``pictures`` uint8 [n, height, width, 3]; outputs ``logits`` float32 [n, values of
            all fields] and ``embedding`` float32 [n, embedding_size] of unit length.
        card: Markdown for people.

    Returns:
        The bundle that was written.

    Raises:
        BundleError: The folder exists already.
    """
    folder = Path(folder)
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    signed = spec.with_text(None).model_copy(update={"fingerprint": spec.compute_fingerprint(onnx)})
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        (part / signed.weights).write_bytes(onnx)
        (part / _CARD).write_text(card, encoding="utf-8")
        (part / _SPEC).write_text(signed.to_text(), encoding="utf-8")
        part.chmod(0o777 & ~_read_umask())
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Bundle(folder, signed)


def rewrite_notes(bundle: Bundle, spec: BundleSpec, card: str) -> Bundle:
    """Replace what a bundle says of itself, its spec and its card; nothing that changes an answer may differ.

    Raises:
        BundleError: The new spec would answer otherwise.
    """
    if spec.compute_fingerprint(bundle.read_weights()) != bundle.fingerprint:
        raise BundleError("only notes of a bundle can be rewritten; what changes an answer needs: modiste export")
    for name, text in ((_SPEC, spec.to_text()), (_CARD, card)):
        replace_file(bundle.path / name, text.encode("utf-8"))
    return Bundle(bundle.path, spec)


def attach_text(bundle: Bundle, text: TextSpec, onnx: bytes) -> Bundle:
    """Give a bundle a text encoder, or another one; what it says of pictures, and its fingerprint, stay as they are.

    The graph gets a name of its own before ``bundle.json`` is replaced: at every moment the folder holds a whole
    bundle, the old one or the new one.

    Args:
        bundle: The bundle; its folder is written to.
        text: Pieces, metrics and training; file name and fingerprint are filled in here.
        onnx: The graph: input ``pieces`` int32 [n, words, pieces of a word], output ``embedding`` float32
            [n, embedding_size] of unit length.

    Returns:
        The bundle with its text encoder.

    Raises:
        BundleError: The graph has more than 8,000,000 bytes, or the bundle was changed meanwhile.
    """
    if len(onnx) > MOST_TEXT_BYTES:
        raise BundleError(f"the text encoder has {len(onnx):,} bytes; at most {MOST_TEXT_BYTES:,} are allowed")
    fingerprint = text.compute_fingerprint(onnx, pictures=bundle.fingerprint)
    signed = text.model_copy(update={"weights": f"text-{fingerprint[:8]}.onnx", "fingerprint": fingerprint})
    replace_file(bundle.path / signed.weights, onnx)
    spec = bundle.spec.with_text(signed)
    written = rewrite_notes(bundle, spec, build_card(spec, purpose=read_purpose(bundle.card)))
    for path in bundle.path.glob("text*.onnx"):
        if path.name != signed.weights:
            path.unlink()
    return written


def keep_training_items(bundle: Bundle, marks: NDArray[np.uint64]) -> Bundle:
    """Put the marks of a bundle's training items beside it; its answers and its fingerprint stay as they are.

    Args:
        bundle: The bundle; its folder is written to.
        marks: uint64 [m], from `modiste.evaluation.mark_items`.
    """
    content = io.BytesIO()
    np.save(content, np.unique(np.asarray(marks, dtype=np.uint64)), allow_pickle=False)
    replace_file(bundle.path / _ITEMS, content.getvalue())
    return bundle


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of a bundle, whole or not at all."""
    waiting = path.with_name(f".{path.name}.part")
    waiting.write_bytes(content)
    waiting.replace(path)


def _explain_missing(folder: Path, *, shipped: bool) -> str:
    if shipped:
        return "this installation of modiste has no bundle inside. Name one: --bundle FOLDER, or Tagger('FOLDER')"
    if not folder.is_dir():
        return f"there is no bundle at {folder}: expected a folder with bundle.json, model.onnx and card.md"
    return f"{folder} is not a bundle: it has no bundle.json. Make one with: modiste export RUN {folder.name}"


def _read_spec(path: Path) -> BundleSpec:
    try:
        return BundleSpec.from_text(read_bounded(path, _MAX_SPEC_BYTES))
    except BundleError as error:
        raise BundleError(f"{path.parent}: {error}") from error


def read_bounded(path: Path, most: int) -> bytes:
    """Read a file of a bundle.

    Raises:
        BundleError: It can't be read, or has more than ``most`` bytes.
    """
    try:
        if path.stat().st_size > most:
            raise BundleError(f"{path} has {path.stat().st_size:,} bytes; at most {most:,} were expected")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} can't be read: {error.strerror}. Fetch the bundle anew") from error


def _read_umask() -> int:
    # A folder made by mkdtemp is private; a bundle is made for others to read.
    umask = os.umask(0o022)
    os.umask(umask)
    return umask
