"""The grammar of goals and assertions: what holds, what is refused, and round trips."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archi.bounds import MAX_LENGTH, OPERATORS, PLUS_MINUS, Bound, bound, exactly
from archi.errors import ArchiError

HOLDS = {  # text: (smallest and largest count that hold, None where that side is open)
    "36.5M": (36_450_000, 36_549_999),
    "36479194": (36_479_194, 36_479_194),
    "36,479,194": (36_479_194, 36_479_194),
    "== 36.5 M": (36_450_000, 36_549_999),
    "=36479194": (36_479_194, 36_479_194),
    "<=37M": (None, 37_000_000),
    "≤37M": (None, 37_000_000),
    "<37M": (None, 36_999_999),
    ">1G": (1_000_000_001, None),
    ">=1G": (1_000_000_000, None),
    " ≥ 1g ": (1_000_000_000, None),
    "<1.0005K": (None, 1000),
    "<=1.0005K": (None, 1000),
    ">1.0005K": (1001, None),
    ">=1.0005K": (1001, None),
    "36.5M±1%": (36_135_000, 36_865_000),
    "36.5M +- 1 %": (36_135_000, 36_865_000),
    "200+/-10.5%": (179, 221),
    "36.5M±100K": (36_400_000, 36_600_000),
    "4M..5M": (4_000_000, 5_000_000),
    "4 .. 5": (4, 5),
    "7..7": (7, 7),
    "0": (0, 0),
    "123456789012345678901": (123_456_789_012_345_678_901, 123_456_789_012_345_678_901),
    "<123456789012345678901": (None, 123_456_789_012_345_678_900),
}


@pytest.mark.parametrize("text", HOLDS)
def test_holds_for_exactly_these_counts(text):
    low, high = HOLDS[text]
    found = bound(text)
    for end, outward in ((low, -1), (high, 1)):
        if end is None:
            assert found.holds(0 if outward < 0 else 10**30)
        else:
            assert found.holds(end)
            assert not found.holds(end + outward)


@pytest.mark.parametrize("text", HOLDS)
def test_distance_is_zero_exactly_where_it_holds(text):
    found = bound(text)
    for end in filter(None, HOLDS[text]):
        for count in range(max(0, end - 3), end + 4):
            assert (found.distance(count) == 0) == found.holds(count)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("36.5m", "36.5M"),
        ("36,479,194", "36479194"),
        ("= 36.50 M", "36.50M"),
        ("≤ 37m", "<=37M"),
        (">=1b", ">=1B"),
        ("36.5M +- 1 %", "36.5M±1%"),
        ("5m+/-10k", "5M±10K"),
        (" 4m .. 5M ", "4M..5M"),
    ],
)
def test_canonical_text(text, canonical):
    assert str(bound(text)) == canonical


def test_fields_say_what_is_meant():
    assert bound("36.5M") == Bound("==", 36_500_000, 50_000, True, "36.5M")
    assert bound("<=600M") == Bound("<=", 600_000_000, 0, False, "<=600M")
    assert bound("4M..5M") == Bound("==", 4_500_000, 500_000, False, "4M..5M")
    assert bound("36.5M±1%") == Bound("==", 36_500_000, 365_000, False, "36.5M±1%")
    assert exactly(42) == bound("42")
    assert all(type(v) is int for v in bound("36.5M±1%")[1:3])


def test_distances_are_relative_to_the_value():
    assert bound("<=100").distance(110) == pytest.approx(0.1)
    assert bound("100").distance(90) == pytest.approx(0.1)
    assert bound("100±5").distance(90) == pytest.approx(0.1)  # not to where it would hold
    assert bound("100±5").gap(96) == pytest.approx(0.04)
    assert bound("100").deviation(90) == pytest.approx(-0.1)
    assert bound("0").distance(3) == 3  # no fraction of nothing
    assert bound("<100").distance(100) == pytest.approx(0.01)  # the nearest that holds is 99


ERRORS = {
    "": "a figure is missing",
    "  ": "a figure is missing",
    "<=": "a figure is missing\n  <=\n    ^",
    "36.5X": "'36.5X' is not a figure\n  36.5X\n  ^^^^^",
    "-5M": "'-5M' is not a figure\n  -5M\n  ^^^",
    "<= many": "'many' is not a figure\n  <= many\n     ^^^^",
    "=<5M": "'<5M' is not a figure\n  =<5M\n   ^^^",
    "1e9": "'1e9' is not a figure\n  1e9\n  ^^^",
    "٣M": "'٣M' is not a figure\n  ٣M\n  ^^",
    "<=5M±1%": "<= takes no tolerance\n  <=5M±1%\n      ^^^",
    "5M±": "a figure is missing\n  5M±\n     ^",
    "5M±x%": "'x' is not a figure\n  5M±x%\n     ^",
    "5M±1K%": "a percentage has no unit\n  5M±1K%\n     ^^",
    "5M±1%%": "'1%' is not a figure\n  5M±1%%\n     ^^",
    ">4M..5M": "a range has no operator\n  >4M..5M\n  ^",
    "5M..4M": "a range runs from the smaller to the larger figure\n  5M..4M\n  ^^^^^^",
    "4M..": "a figure is missing\n  4M..\n      ^",
    "4M..5M±1%": "'5M±1%' is not a figure\n  4M..5M±1%\n      ^^^^^",
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_point_at_the_part_that_is_wrong(text):
    with pytest.raises(ArchiError) as caught:
        bound(text)
    assert str(caught.value).startswith(ERRORS[text] + "\n  try 36.5M, ")


def test_long_text_is_refused_before_it_is_read():
    with pytest.raises(ArchiError, match="a figure of 1,000,000 characters is too long"):
        bound("9" * 1_000_000)
    bound("9" * MAX_LENGTH)


figures = st.from_regex(r"[0-9]{1,9}((\.[0-9]{1,4})?[ ]?[KMGBTkmgbt])?", fullmatch=True)
texts = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["", *OPERATORS, "<= "]), figures),
    st.builds("{} {} {}%".format, figures, st.sampled_from(PLUS_MINUS), st.integers(0, 300)),
    st.builds("{}±{}".format, figures, figures),
)  # fmt: skip


@given(texts, st.integers(0, 10**13))
def test_printed_it_parses_to_the_same(text, count):
    found = bound(text)
    assert bound(str(found)) == found
    assert str(bound(str(found))) == str(found)
    assert found.distance(count) >= 0
    assert (found.distance(count) == 0) == found.holds(count)


@given(st.text(max_size=MAX_LENGTH + 8) | st.text("0123456789.,<>=±+-/%KMG≤≥ ", max_size=20))
@example("±%")
@example("..")
@example("9" * 64 + "T")
def test_no_text_gives_anything_but_a_bound_or_a_message(text):
    found = error = None
    try:
        found = bound(text)
    except ArchiError as caught:
        error = caught
    if found is None:
        assert error.message
        assert "\n" not in error.message
        assert error.span is None or 0 <= error.span[0] < error.span[1] <= len(text) + 1
        assert str(error)
    else:
        assert bound(str(found)) == found
        for count in (0, 1, 10**6):
            assert found.deviation(count) == found.deviation(count)  # a number, not NaN


@given(texts, st.integers(0, 10**10), st.integers(0, 10**10))
def test_nearer_to_the_aim_is_never_worse(text, a, b):
    """What the search of `archi fit` rests on: both errors grow away from the aim."""
    found = bound(text)
    near, far = sorted((a, b), key=lambda count: abs(count - found.aim))
    if (near - found.aim) * (far - found.aim) >= 0:  # on one side of it
        assert found.distance(near) <= found.distance(far)
        assert found.gap(near) <= found.gap(far)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("36,5M", "'36,5M' is not a figure; a decimal point is a dot"),
        ("<=1,23", "'1,23' is not a figure"),
        ("36.5", "36.5 is no whole number; is a unit missing, as in 36.5M?"),
    ],
)
def test_figures_that_are_easily_mistaken_are_refused(text, problem):
    with pytest.raises(ArchiError, match=problem.replace("?", r"\?")):
        bound(text)


def test_thousands_may_be_set_apart():
    assert bound("36,479,194") == bound("36479194")
    assert bound("<=1,234.5M") == bound("<=1234.5M")
