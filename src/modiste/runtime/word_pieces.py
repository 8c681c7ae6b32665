"""Words in pieces: what the text encoder reads of a text, with room for typos, plurals and words nobody taught it.

A word is itself and the runs of three to five characters within it, so that "sandels" shares most of its pieces with
"sandals". A piece is a number: its checksum, folded into a table of fixed size. No list of words exists anywhere.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import PieceSpec

__all__ = ["number_pieces", "number_words", "split_text"]

_LONGEST_TEXT: Final = 2_000  # characters of a text that are read
_LONGEST_WORD: Final = 64  # characters of a word that are read
_REMEMBERED: Final = 1 << 15
_APOSTROPHE: Final = re.compile("['’`´ʼ]")
_WORD: Final = re.compile(r"[^\W_]+")
_TSHIRT: Final = re.compile(r"\bt shirt")
# Four characters or more with a digit among them: a model's number, which says nothing of how a product looks.
_CODE: Final = re.compile(r"(?=\D*\d).{4,}")


def split_text(text: str) -> list[str]:
    """Split a text into words without case, accents, apostrophes and numbers of models.

    Args:
        text: Any text; its first 2,000 characters are read.

    Returns:
        The words in order; empty where there are none. Where all are numbers of models, they are kept.

    Example:
        >>> split_text("Men's Café-Blue T-Shirt DZ1342")
        ['mens', 'cafe', 'blue', 'tshirt']
    """
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT])
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark)).casefold()
    words = _WORD.findall(_TSHIRT.sub("tshirt", " ".join(_WORD.findall(_APOSTROPHE.sub("", plain)))))
    return [word for word in words if not _CODE.fullmatch(word)] or words


@lru_cache(maxsize=_REMEMBERED)
def number_pieces(word: str, spec: PieceSpec) -> NDArray[np.int32]:
    """Return the numbers of a word's pieces.

    The word between ``<`` and ``>``, and each run of ``spec.shortest`` to ``spec.longest`` characters of that, as
    CRC-32 of its UTF-8, modulo ``spec.buckets - 1``, plus 1: 0 stands for no piece.

    Args:
        word: One word as `split_text` gives it; its first 64 characters are read.
        spec: How pieces are made.

    Returns:
        int32 [1 to spec.most_pieces], read-only, the whole word first.

    Example:
        >>> number_pieces("tie", PieceSpec(buckets=100, shortest=3, longest=4)).tolist()
        [74, 12, 34, 52, 26, 17]
    """
    marked = f"<{word[:_LONGEST_WORD]}>"
    runs = [
        marked[start : start + size]
        for size in range(spec.shortest, min(spec.longest, len(marked) - 1) + 1)
        for start in range(len(marked) - size + 1)
    ]
    # Half a surrogate pair is a character to Python and none to UTF-8.
    codes = [zlib.crc32(piece.encode("utf-8", "replace")) for piece in (marked, *runs)[: spec.most_pieces]]
    numbers = (np.array(codes, np.int64) % (spec.buckets - 1) + 1).astype(np.int32)
    numbers.flags.writeable = False
    return numbers


def number_words(texts: Sequence[Sequence[str]], spec: PieceSpec) -> NDArray[np.int32]:
    """Return the pieces of some texts as one array.

    Args:
        texts: Each as its words; the first ``spec.most_words`` are read.
        spec: How pieces are made.

    Returns:
        int32 [n, words of the longest text, pieces of the longest word], at least [n, 1, 1]; 0 where there is none.

    Example:
        >>> number_words([["red", "tie"], []], PieceSpec(buckets=100)).shape
        (2, 2, 6)
    """
    numbered = [[number_pieces(word, spec) for word in words[: spec.most_words]] for words in texts]
    width = max((len(words) for words in numbered), default=0)
    depth = max((len(pieces) for words in numbered for pieces in words), default=0)
    table = np.zeros((len(texts), max(width, 1), max(depth, 1)), np.int32)
    for row, words in enumerate(numbered):
        for column, pieces in enumerate(words):
            table[row, column, : len(pieces)] = pieces
    return table
