"""From files to pixels: finding pictures in folders and archives, reading, decoding and preparing them."""

from modiste.imaging.archives import is_archive
from modiste.imaging.boxes import Box
from modiste.imaging.decode import decode_picture
from modiste.imaging.idx_file import IDX_LABELS_MAGIC, IDX_PICTURES_MAGIC
from modiste.imaging.limits import ArchiveLimits, DecodeLimits
from modiste.imaging.listing import PICTURE_SUFFIXES, find_pictures, list_members, natural_key
from modiste.imaging.preprocess import Preprocessing, Resample
from modiste.imaging.references import join_reference, split_reference
from modiste.imaging.sources import PictureSource

__all__ = [
    "IDX_LABELS_MAGIC",
    "IDX_PICTURES_MAGIC",
    "PICTURE_SUFFIXES",
    "ArchiveLimits",
    "Box",
    "DecodeLimits",
    "PictureSource",
    "Preprocessing",
    "Resample",
    "decode_picture",
    "find_pictures",
    "is_archive",
    "join_reference",
    "list_members",
    "natural_key",
    "split_reference",
]
