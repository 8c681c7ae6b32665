"""The tables of a catalogue that is kept in SQLite, and what stands in them.

Tables:
    head: name -> value: what `modiste.catalogue.backend.CatalogueHead` says, ``catalogue`` (a random name, so that a
        cache is never taken for that of another catalogue), ``generation`` (how many rebuilds under another bundle
        there were) and perhaps ``rebuild`` (what the rebuild under way is for).
    history: One row a transaction that changed anything: ``seq`` rises by one, and ``token`` is a random number, so
        that a cache knows whether it was made from this history or from one that a restored copy has taken back.
    items: One row an item; ``item_key`` rises in the order in which items were added and is never given twice.
        ``details`` is a JSON object of plain values and lists of text; ``seq`` is that of the row's last change,
        that of its tags, variants and vector included.
    variants: Sizes with their stock; ``stock`` is NULL where the shop does not count.
    field_values: Field and value, once each; tags point here.
    tags: ``origin`` is the position in `modiste.catalogue.item.ORIGINS`: 0 corrected, 1 source, 2 predicted.
    detail_names: Every name that ever stood in some item's details, and which kinds of value: a sum of 1 (numbers, also
        true and false), 2 (text) and 4 (lists of text).
    effective_values: A view: the tags of the best origin that says anything of the field.
    vectors: Little-endian float32, one vector an item; ``seq`` is that of the vector's last change.
    removals: What went away, and when: readers catch up from it.
    words: FTS5, with item_key as its rowid: title, brand, and the effective values, a line each.
    pending_vectors, pending_tags: What a rebuild under another bundle has done so far.
"""

from __future__ import annotations

from typing import Final

__all__ = ["APPLICATION_ID", "FORMAT_VERSION", "PAGE_SIZE", "SCHEMA", "TABLES", "UPGRADES"]

FORMAT_VERSION: Final = 2  # PRAGMA user_version; 1 had no colours
APPLICATION_ID: Final = 0x6D6F6463  # "modc", in the file's first page: tells our files from other people's
PAGE_SIZE: Final = 8192  # seven vectors of 256 floats a page; four kilobytes would hold three

_ITEMS = (
    """CREATE TABLE head (name TEXT NOT NULL PRIMARY KEY, value NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE history (seq INTEGER PRIMARY KEY, token INTEGER NOT NULL)""",
    """CREATE TABLE items (
        item_key INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id TEXT NOT NULL UNIQUE,
        product_id TEXT NOT NULL,
        image TEXT,
        box TEXT,
        title TEXT,
        brand TEXT,
        price REAL,
        list_price REAL,
        currency TEXT,
        details TEXT NOT NULL DEFAULT '{}',
        picture_hash TEXT,
        look INTEGER,
        colours BLOB,
        seq INTEGER NOT NULL
    )""",
    """CREATE INDEX items_by_seq ON items (seq)""",
    """CREATE INDEX items_by_product ON items (product_id)""",
    """CREATE TABLE variants (
        item_key INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
        position INTEGER NOT NULL,
        size TEXT NOT NULL,
        stock INTEGER,
        PRIMARY KEY (item_key, position)
    ) WITHOUT ROWID""",
)

_TAGS = (
    """CREATE TABLE field_values (
        value_key INTEGER PRIMARY KEY,
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        UNIQUE (field, value)
    )""",
    """CREATE TABLE detail_names (name TEXT NOT NULL PRIMARY KEY, kinds INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE tags (
        item_key INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
        position INTEGER NOT NULL,
        value_key INTEGER NOT NULL REFERENCES field_values,
        confidence REAL NOT NULL,
        origin INTEGER NOT NULL CHECK (origin IN (0, 1, 2)),
        PRIMARY KEY (item_key, position)
    ) WITHOUT ROWID""",
    """CREATE VIEW effective_values AS
        SELECT tags.item_key, tags.position, field, value, tags.value_key, confidence, origin
        FROM tags JOIN field_values USING (value_key)
        WHERE origin = (
            SELECT min(rival.origin) FROM tags AS rival JOIN field_values AS said USING (value_key)
            WHERE rival.item_key = tags.item_key AND said.field = field_values.field
        )""",
)

_SEARCHED = (
    """CREATE TABLE vectors (
        item_key INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
        vector BLOB NOT NULL,
        seq INTEGER NOT NULL
    )""",
    """CREATE INDEX vectors_by_seq ON vectors (seq)""",
    """CREATE TABLE removals (item_key INTEGER PRIMARY KEY, seq INTEGER NOT NULL)""",
    """CREATE INDEX removals_by_seq ON removals (seq)""",
    """CREATE VIRTUAL TABLE words USING fts5 (title, brand, labels, tokenize = 'unicode61 remove_diacritics 2')""",
)

_REBUILD = (
    """CREATE TABLE pending_vectors (
        item_key INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
        vector BLOB NOT NULL
    )""",
    """CREATE TABLE pending_tags (
        item_key INTEGER NOT NULL REFERENCES pending_vectors ON DELETE CASCADE,
        position INTEGER NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        confidence REAL NOT NULL,
        PRIMARY KEY (item_key, position)
    ) WITHOUT ROWID""",
)

UPGRADES: Final = {1: ("ALTER TABLE items ADD COLUMN colours BLOB",)}  # from a version to the next one

SCHEMA: Final = (*_ITEMS, *_TAGS, *_SEARCHED, *_REBUILD)
TABLES: Final = frozenset({
    "head", "history", "items", "variants", "field_values", "detail_names", "tags", "effective_values", "vectors",
    "removals", "words", "pending_vectors", "pending_tags",
})  # fmt: skip
