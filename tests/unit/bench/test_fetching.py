"""The faulty server of the acceptance of fetching, and the acceptance itself on a short list."""

from __future__ import annotations

from collections import Counter

import pytest

from modiste.bench.accept import Setting
from modiste.bench.fetching import measure_fetching
from modiste.bench.fetching_scale import measure_long_lists
from modiste.bench.picture_server import FAULTS, find_fault, is_good, make_picture
from modiste.imaging import decode_picture


def test_faults_have_their_shares() -> None:
    counts = Counter(find_fault(number) for number in range(20_000))
    assert {fault: counts[fault] for fault in FAULTS} == dict.fromkeys(FAULTS, 1000)
    assert sum(map(is_good, range(20_000))) == 20_000 - 2 * 1000 - 4 * 200


def test_pictures_differ_and_decode() -> None:
    pictures = [make_picture(number) for number in range(20)]
    assert len(set(pictures)) == 20
    assert all(45_000 < len(picture) < 60_000 for picture in pictures)
    assert decode_picture(pictures[19]).shape == (600, 480, 3)


def test_tiny_pictures_differ_and_decode() -> None:
    pictures = [make_picture(number, tiny=True) for number in range(20)]
    assert len(set(pictures)) == 20
    assert max(map(len, pictures)) < 1000
    assert decode_picture(pictures[19]).shape == (15, 12, 3)


@pytest.mark.slow
def test_acceptance_on_a_short_list() -> None:
    report = measure_fetching(Setting(say=lambda line: None), 300, timeout=1.0)
    exact = [target for target in report.targets if "rate" not in target.name]
    assert [target.name for target in exact if not target.met] == []


@pytest.mark.slow
def test_long_lists_are_measured() -> None:
    report = measure_long_lists(Setting(say=lambda line: None), (300, 3000))
    arrived = report.targets[-1]
    assert (arrived.name, arrived.seen) == ("pictures that did not arrive", 0)
    assert 50 < report.targets[0].seen < 1000
