"""Python looks for garbage seldom while something loads, and as before afterwards, however that ends."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from modiste.bundle import Bundle
from modiste.catalogue.loading import build_catalogue, loader
from modiste.catalogue.loading.cycles import look_for_cycles_seldom


@pytest.fixture(autouse=True)
def usual() -> Iterator[tuple[int, int, int]]:
    """The setting before; put back, whatever a test leaves."""
    before = gc.get_threshold()
    yield before
    gc.set_threshold(*before)


def test_a_load_puts_the_setting_back(
    usual: tuple[int, int, int], shop: Path, tmp_path: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    during = []
    put_rows = loader.put_rows
    monkeypatch.setattr(loader, "put_rows", lambda *given: (during.append(gc.get_threshold()[0]), put_rows(*given)))
    build_catalogue(shop, tmp_path / "c", bundle=tiny, threads=1)
    assert during and min(during) > 100 * usual[0]
    assert gc.get_threshold() == usual


def test_a_load_that_fails_puts_the_setting_back(
    usual: tuple[int, int, int], shop: Path, tmp_path: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(loader, "put_rows", fail)
    with pytest.raises(OSError, match="disk"):
        build_catalogue(shop, tmp_path / "c", bundle=tiny, threads=1)
    assert gc.get_threshold() == usual


def test_of_two_loads_at_a_time_the_last_puts_the_setting_back(usual: tuple[int, int, int]) -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(look_for_cycles_seldom())
    second.enter_context(look_for_cycles_seldom())
    first.close()
    assert gc.get_threshold()[0] > usual[0]
    second.close()
    assert gc.get_threshold() == usual


@pytest.mark.parametrize("own", [(0, 10, 10), (500_000, 10, 10)])
def test_who_asks_for_less_work_already_keeps_it(own: tuple[int, int, int]) -> None:
    gc.set_threshold(*own)
    with look_for_cycles_seldom():
        assert gc.get_threshold() == own
    assert gc.get_threshold() == own


def test_what_others_set_meanwhile_stays() -> None:
    with look_for_cycles_seldom():
        gc.set_threshold(1_000, 5, 5)
    assert gc.get_threshold() == (1_000, 5, 5)
