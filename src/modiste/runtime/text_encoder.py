"""The text encoder: words in, vectors of unit length out, comparable with those of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from modiste.bundle import Bundle, PieceSpec
from modiste.errors import BundleError, UsageError
from modiste.runtime.word_pieces import number_words, split_text

__all__ = ["TextEncoder"]

_INPUT: Final = "pieces"
_OUTPUT: Final = "embedding"
_BATCH: Final = 256
_FATAL: Final = 4  # onnxruntime's own log level: what it warns of, modiste says in its own words
_SHOWN: Final = 60  # characters of a text that an error quotes


class TextEncoder:
    """Turns texts into vectors whose dot product with a picture's vector says how well they fit, from -1 to 1.

    Args:
        bundle: A bundle or its folder; by default the one that modiste ships.
        threads: Cores to use; by default one, as a text is too little work for more.

    Raises:
        BundleError: There is no such bundle, it is damaged, or it has no text encoder.
        UsageError: ``threads`` is below 1.

    Example:
        >>> vectors = TextEncoder().encode(["mens blue checked shirt", "ladys red sandels"])
        >>> vectors.shape, vectors.dtype
        ((2, 256), dtype('float32'))
    """

    def __init__(self, bundle: Bundle | Path | str | None = None, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"the number of threads is {threads}; expected 1 or more")
        self.bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        if self.bundle.spec.text is None:
            raise BundleError(
                f"the bundle {self.bundle.path} has no text encoder. "
                f"Type: modiste bundle add-text {self.bundle.path} --data SOURCE, where SOURCE has titles"
            )
        self._pieces: PieceSpec = self.bundle.spec.text.pieces
        self._session = _open_session(self.bundle, threads or 1)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the text encoder; the pictures it fits are those of ``bundle.fingerprint``."""
        return self.bundle.text_fingerprint

    @property
    def size(self) -> int:
        """The width of a vector."""
        return self.bundle.spec.embedding_size

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts.

        Args:
            texts: What a shopper might type; case, accents and punctuation don't count.

        Returns:
            float32 [n, size] of unit length, in the same order.

        Raises:
            UsageError: A text holds no word, or what was given is no list of texts.
            BundleError: The graph fails.
        """
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise UsageError(f"encode() was given {_quote(texts)}; expected a list of texts, such as ['red shoes']")
        words = [split_text(text) for text in texts]
        for text, found in zip(texts, words, strict=True):
            if not found:
                raise UsageError(f"{_quote(text)} holds no word; expected such as 'mens blue checked shirt'")
        starts = range(0, len(words), _BATCH)
        vectors = [np.empty((0, self.size), np.float32), *(self._run(words[at : at + _BATCH]) for at in starts)]
        return np.concatenate(vectors)

    def _run(self, words: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        pieces = number_words(words, self._pieces)
        try:
            (vectors,) = self._session.run([_OUTPUT], {_INPUT: pieces})
        except Exception as error:  # onnxruntime raises a dozen types, none of them public
            raise BundleError(f"the text encoder of {self.bundle.path} failed: {error}") from error
        if vectors.shape != (len(words), self.size) or not np.isfinite(vectors).all():
            raise BundleError(f"the text encoder of {self.bundle.path} does not give {self.size} numbers a text")
        return np.asarray(vectors, np.float32)


def _open_session(bundle: Bundle, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    weights = bundle.read_text_weights()
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a dozen types, none of them public
        raise BundleError(f"onnxruntime can't load the text encoder of {bundle.path}: {error}") from error
    found = [(part.name, part.type, len(part.shape)) for part in (*session.get_inputs(), *session.get_outputs())]
    expected = [(_INPUT, "tensor(int32)", 3), (_OUTPUT, "tensor(float)", 2)]
    if found != expected:
        raise BundleError(f"the text encoder of {bundle.path} has the inputs and outputs {found}; expected {expected}")
    return session


def _quote(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
