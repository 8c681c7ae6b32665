"""Blended pictures and labels against a loop, and what is known of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from modiste.training.blending import LabelledBatch, blend  # noqa: E402


def make_batch(count: int, seed: int) -> LabelledBatch:
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand(count, 3, 4, 5, generator=generator) * 255
    targets = torch.eye(3)[torch.randint(0, 3, (count,), generator=generator)]
    return LabelledBatch(pictures, targets, torch.rand(count, 2, generator=generator) < 0.7)


@given(st.integers(2, 9), st.integers(0, 2**16), st.floats(0, 1))
def test_every_picture_keeps_more_than_half_of_itself_and_its_labels_go_alike(
    count: int, seed: int, share: float
) -> None:
    batch = make_batch(count, seed)
    mixed = blend(batch, share, generator=torch.Generator().manual_seed(seed))
    other = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    for at in range(count):
        own, second = batch.pictures[at], batch.pictures[other[at]]
        difference = (second - own).flatten()
        part = float(((mixed.pictures[at] - own).flatten() @ difference) / difference.square().sum().clamp(min=1e-9))
        assert -1e-5 <= part <= 0.5 + 1e-5
        torch.testing.assert_close(mixed.pictures[at], own + part * (second - own), atol=1e-2, rtol=1e-4)
        if at != int(other[at]):
            expected = batch.targets[at] + part * (batch.targets[other[at]] - batch.targets[at])
            torch.testing.assert_close(mixed.targets[at], expected, atol=1e-3, rtol=0)
            both = batch.known[at] & batch.known[other[at]]
            assert mixed.known[at].tolist() in (
                [both.tolist()] if part > 1e-4 else [both.tolist(), batch.known[at].tolist()]
            )


def test_a_share_of_the_pictures_is_blended() -> None:
    batch = make_batch(4000, 1)
    mixed = blend(batch, 0.3, generator=torch.Generator().manual_seed(2))
    changed = (mixed.pictures != batch.pictures).flatten(1).any(dim=1).float().mean()
    assert 0.26 < float(changed) < 0.34
    same = blend(batch, 0.0, generator=torch.Generator().manual_seed(2))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(same, batch, strict=True))
