"""Rows that a system may have seen under another id."""

from __future__ import annotations

import hashlib
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.evaluation import digest_pictures, find_unseen, group_rows

KEYS = st.one_of(st.none(), st.sampled_from("abc"))


@settings(deadline=None)
@given(st.lists(st.tuples(KEYS, KEYS), min_size=1), st.lists(st.tuples(KEYS, KEYS)))
def test_unseen_is_comparing_every_pair(rows, outside):
    titles, pictures = zip(*rows, strict=True)
    ours = find_unseen(titles, pictures, [title for title, _ in outside], [picture for _, picture in outside])
    for (title, picture), unseen in zip(rows, ours, strict=True):
        alike = [
            (title is not None and title == other) or (picture is not None and picture == copy)
            for other, copy in outside
        ]
        assert unseen == (not any(alike))


def test_titles_are_compared_less_their_blanks():
    assert not find_unseen([" Blue Shirt"], [None], ["Blue Shirt "], []).any()
    assert find_unseen(["blue shirt"], [None], ["Blue Shirt"], []).all()


@settings(deadline=None)
@given(st.lists(KEYS, min_size=1))
def test_equal_keys_share_a_group(keys):
    groups = group_rows(keys)
    for i, key in enumerate(keys):
        for j, other in enumerate(keys):
            assert (groups[i] == groups[j]) == (i == j or (key is not None and key == other))


def test_digests_are_of_the_bytes(tmp_path):
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.writestr("1.jpg", b"one")
        archive.writestr("2.jpg", b"one")
    (tmp_path / "3.jpg").write_bytes(b"three")
    references = [
        f"{tmp_path}/shop.zip::1.jpg",
        f"{tmp_path}/shop.zip::2.jpg",
        f"{tmp_path}/3.jpg",
        f"{tmp_path}/no.jpg",
    ]
    digests = digest_pictures(references)
    assert digests[references[0]] == digests[references[1]] == hashlib.sha256(b"one").hexdigest()
    assert digests[references[2]] == hashlib.sha256(b"three").hexdigest()
    assert references[3] not in digests
