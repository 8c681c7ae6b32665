from __future__ import annotations

from modiste.bundle import Bundle, Silence, build_card


def test_card_says_what_the_spec_holds(tiny: Bundle) -> None:
    metrics = {
        "test": {"kind": {"accuracy": 0.91234, "n": 100}, "article": {"accuracy": 0.8}},
        "all right": 0.5,
        "sizes": [80, 60],
    }
    spec = tiny.spec.model_copy(update={"metrics": metrics})
    card = build_card(spec, purpose="For tests.", limits=["Sees | only\nblots."])
    assert "| article | single | 7 | kind | 1.250 | 0.500 |" in card
    assert "### test\n\n| | accuracy | n |" in card
    assert "| kind | 0.9123 | 100 |\n| article | 0.8 |  |" in card
    assert "| sizes | 80, 60 |" in card
    assert "## Limits\n\n- Sees" in card
    assert card.endswith("once.\n")


def test_cells_cannot_break_the_table(tiny: Bundle) -> None:
    card = build_card(tiny.spec.model_copy(update={"training": {"command": "a | b\nc"}}), purpose="For tests.")
    assert "| command | a \\| b<br>c |" in card


def test_silence_is_told(tiny: Bundle) -> None:
    assert "silent" not in build_card(tiny.spec, purpose="x")
    silence = {"colour": Silence(under="kind", values=("Bags", "Shoes"), below=0.625), "material": Silence(below=0.5)}
    card = build_card(tiny.spec.model_copy(update={"silence": silence}), purpose="x")
    assert "| colour | kind: Bags, Shoes | 0.625 |" in card
    assert "| material | whatever it is | 0.500 |" in card


def test_empty_sections_are_left_out(tiny: Bundle) -> None:
    card = build_card(tiny.spec.model_copy(update={"training": {}, "metrics": {}}), purpose="For tests.")
    assert "How it was made" not in card
    assert "Limits" not in card


def test_strangers_are_told(tiny: Bundle) -> None:
    assert "stranger" not in build_card(tiny.spec, purpose="x")
    card = build_card(tiny.spec.model_copy(update={"stranger_below": 0.12345}), purpose="x")
    assert "below 0.123 looks like no fashion product" in card
