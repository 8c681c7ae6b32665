"""Which items train, which choose, which judge; and what the parts share although they should not.

| module | subject |
|---|---|
| `hashing` | orders that follow from the ids alone |
| `files`, `published`, `copies` | split files of hashed ids, published splits, copies that follow their source |
| `stratified`, `apportion` | one field's values in proportion |
| `iterative`, `repair`, `units`, `labels` | many labels in proportion at once |
| `grouped` | what must not be torn apart |
| `drawing`, `folds`, `shares`, `years` | parts of a manifest, k folds, five times two halves, even against odd years |
| `fingerprints`, `leaks`, `counting`, `sealing` | the leak report, counts by part, a sealed part |
"""

from modiste.splits.copies import find_sources, join_copies, replace_parts
from modiste.splits.counting import count_parts
from modiste.splits.drawing import GROUP_KEYS, Drawing, draw_five_by_two, draw_folds, draw_parts
from modiste.splits.files import apply_split_file, list_recipe_folders, write_split_file, write_split_files
from modiste.splits.fingerprints import Fingerprints, Look, digest_pictures, read_fingerprints
from modiste.splits.folds import hold_out, select_run
from modiste.splits.grouped import connect_rows, group_rows
from modiste.splits.hashing import hash_id, order_ids
from modiste.splits.iterative import make_iterative_parts
from modiste.splits.labels import LabelPairs, list_label_pairs
from modiste.splits.leaks import LeakReport, NearLimits, PartPair, find_leaks
from modiste.splits.published import OUTSIDE, extend_published_split, find_published_parts, read_published_split
from modiste.splits.repair import find_tolerance
from modiste.splits.sealing import SEALED, seal_part
from modiste.splits.shares import make_equal_shares, parse_shares
from modiste.splits.stratified import make_proportional_parts, make_stratified_parts
from modiste.splits.years import make_year_parts

__all__ = [
    "GROUP_KEYS",
    "OUTSIDE",
    "SEALED",
    "Drawing",
    "Fingerprints",
    "LabelPairs",
    "LeakReport",
    "Look",
    "NearLimits",
    "PartPair",
    "apply_split_file",
    "connect_rows",
    "count_parts",
    "digest_pictures",
    "draw_five_by_two",
    "draw_folds",
    "draw_parts",
    "extend_published_split",
    "find_leaks",
    "find_published_parts",
    "find_sources",
    "find_tolerance",
    "group_rows",
    "hash_id",
    "hold_out",
    "join_copies",
    "list_label_pairs",
    "list_recipe_folders",
    "make_equal_shares",
    "make_iterative_parts",
    "make_proportional_parts",
    "make_stratified_parts",
    "make_year_parts",
    "order_ids",
    "parse_shares",
    "read_fingerprints",
    "read_published_split",
    "replace_parts",
    "seal_part",
    "select_run",
    "write_split_file",
    "write_split_files",
]
