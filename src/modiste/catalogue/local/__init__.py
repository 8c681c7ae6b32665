"""A catalogue in a folder: SQLite as the truth, and a cache that is made from it."""
