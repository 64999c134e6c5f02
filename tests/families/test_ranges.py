"""Options have ranges: what is in them builds soon and is no monster, what is beyond is refused."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archi
from archi.analysis.counts import count
from archi.errors import ArchiError, SpecError
from archi.families.options import Bounded, Int, Option, Size
from archi.families.registry import Family, families
from archi.spec import Spec, parse

MOST = 100 * 10**9  # params of a network that somebody can have meant
SLOW = 20  # seconds; most take none


def ends(option: Option) -> list[object]:
    if isinstance(option, Bounded):
        last = option.at(option.count - 1) if option.step else option.maximum
        return [option.minimum, last]
    if isinstance(option, Size):
        return [(1, 1, 1), (10**6, 10**6, 3), (224, 224, 10**6)]
    return [*option.values]


CASES = [(family, key) for family in families() for key in family.options]


@pytest.mark.parametrize(("family", "key"), CASES, ids=lambda each: getattr(each, "name", each))
def test_a_network_at_the_ends_of_an_option(family: Family, key: str):
    for name in {family.catalogue[0], family.catalogue[-1]}:
        for value in ends(family.options[key]):
            spec = Spec(family, {**parse(name).values, key: value})
            assert parse(str(spec)) == spec
            start = time.perf_counter()
            with contextlib.suppress(ArchiError):
                assert count(archi.load(str(spec))).totals.params <= MOST
            assert time.perf_counter() - start < SLOW


@pytest.mark.parametrize(("family", "key"), CASES, ids=lambda each: getattr(each, "name", each))
def test_what_is_beyond_is_refused_with_the_range_in_words(family: Family, key: str):
    option = family.options[key]
    if not isinstance(option, Bounded):
        return
    values = parse(family.catalogue[0]).values
    step = option.step or 1
    beyond = [option.maximum + step] + [option.minimum - step] * (option.minimum >= step)
    for value in beyond:
        given = {**values, key: int(value) if isinstance(option, Int) else value}
        text = str(Spec(family, given))
        if text == str(Spec(family, values)):
            continue
        with pytest.raises(SpecError) as caught:
            parse(text)
        assert f"{option.maximum:,}" in str(caught.value) or f"{option.maximum:g}" in str(
            caught.value
        )


FORMS = (
    "{0}_{1}",
    "{0}-{1}",
    "{0}{1}",
    "{0}_{1:03}",
    "tf_{0}_{1}",
    "{0}_{1}_224",
    "{0}_patch{1}_224",
)
STARTS = sorted({start.replace("-", "_") for family in families() for start in family.starts})


@given(
    st.sampled_from(STARTS),
    st.one_of(st.integers(0, 300), st.sampled_from([384, 512, 1000, 1024, 2048, 4096])),
    st.sampled_from(FORMS),
)
@settings(max_examples=1500)
def test_no_name_that_looks_copied_is_a_monster(start, number, form):
    """A number behind a name is a percentage, a depth, a size; never a hundredfold width."""
    try:
        graph = archi.load(form.format(start, number))
    except ArchiError:
        return
    assert count(graph).totals.params <= MOST
