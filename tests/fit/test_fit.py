"""`archi fit`: nothing nearer is missed, numbers are those of the built network."""

from __future__ import annotations

import itertools
import json
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.networks import every_network

import archi
from archi.bounds import bound, exactly
from archi.errors import ArchiError
from archi.families.options import REQUIRED, Decimal, Int, OneOf
from archi.families.registry import Family, Paper, families, load_family
from archi.fit._formula import Formula, binomials
from archi.fit._interpolation import fit as find_formula
from archi.fit._search import Builder, Goals, Search
from archi.fit._space import space
from archi.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
)
from archi.spec import Spec, parse, parse_family

measure = Builder()  # shared: every network is built once for all tests of this file


def search(spaces, top, **goals):
    goals = {metric: b if not isinstance(b, str) else bound(b) for metric, b in goals.items()}
    run = Search(Goals(goals))
    run.build = measure
    return run.run(spaces, top)


# --- nothing is missed ------------------------------------------------------------------


def toy(function, **options):
    """A family as a third party would declare it, with nothing said about searching."""
    variables = [key for key, option in options.items() if option.default is REQUIRED]
    template = "-".join([function.__name__, *(f"{{{key}}}" for key in variables)])
    paper = Paper("Toy", "Nobody", 2024, "https://example.org")
    shape = (8, 8, 3)
    family = Family(
        function, template, paper=paper, input=shape, classes=10, options=options, catalogue=("?",)
    )
    family.catalogue = ()  # no file declares it, so no name leads to it
    return family


def rounded(x, classes, top, width):
    """Filters in multiples of 8, at least 16: no polynomial at all."""
    x = Conv2D(max(16, (2 * width + 4) // 8 * 8), 3, name="conv")(x)
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))


def clamped(x, classes, top, width):
    """A formula that holds from width 5 on."""
    x = Conv2D(max(5, width), 3, name="conv")(x)
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))


def residual(x, classes, top, depth, width):
    """No projection where the shortcut has the filters: 4 of the stem, at width 4."""
    x = Conv2D(4, 3, padding="same", name="stem")(x)
    for stage in range(3):
        for i in range(depth):
            y = Conv2D(width * 2**stage, 3, padding="same", name=f"conv{stage}_{i}")(x)
            if x.shape[-1] != y.shape[-1]:
                x = Conv2D(width * 2**stage, 1, name=f"project{stage}_{i}")(x)
            x = Add(name=f"add{stage}_{i}")([x, y])
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))


def growing(x, classes, top, depth, width):
    """Every layer is wider than the one before: cubic in the depth."""
    for i in range(depth):
        x = Conv2D(4 + width * (i + 1), 3, padding="same", name=f"conv{i}")(x)
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))


def shrinking(x, classes, top, width):
    """The wider, the fewer params."""
    x = Conv2D(100 - width, 3, padding="same", name="conv")(x)
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))


def adding(x, classes, top, width):
    """One layer more at width 20, where the channels are those of the stem."""
    x = Conv2D(20, 3, padding="same", name="stem")(x)
    y = Conv2D(width, 3, padding="same", name="conv")(x)
    if x.shape == y.shape:
        y = DepthwiseConv2D(1, name="more")(BatchNormalization(name="norm")(y))
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(y))


def unbuildable(x, classes, top, width):
    """A kernel larger than the image, from width 7 on."""
    x = Conv2D(3, width + 2, name="conv")(x)
    return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))


SPACES = {  # family and options, what varies
    "wrn": ("wrn", {"depth": "10..34", "width": "0.5..2"}),  # width 1 has no first projection
    "wrn in bottlenecks": (
        "wrn,bias=true",
        {"width": "0.5,1,3", "blocks": "131,33", "depth": "10..22"},
    ),
    "nasnet": ("nasnet", {"N": "1..3", "F": "96..480", "stem_filters": "1..9"}),
    "nasnet on tiny images": (
        "nasnet,input=4x4x3",
        {"N": "1..2", "F": "96..384", "stem_filters": "1..24"},
    ),
    # the stem is projected unless it has F / 24 filters
    "nasnet for cifar": (
        "nasnet,stem=cifar,input=8x8x3,classes=10",
        {"N": "1..2", "F": "96..384", "stem_filters": "2..17"},
    ),
    "nasnet, a choice and an axis": (
        "nasnet,N=2,input=64x64x3",
        {"F": "96..1056", "skip_reduction": "", "stem": ""},
    ),
    "resnet": ("resnet,input=64x64x3", {"bias": "", "stride": ""}),
    "xception": ("xception", {}),
}  # fmt: skip
TOYS = {
    "rounded": (toy(rounded, width=Int(1, 60)), {}),
    "clamped": (toy(clamped, width=Int(1, 60)), {}),
    "clamped, from the middle": (toy(clamped, width=Int(1, 60)), {"width": "3..9"}),
    "residual": (toy(residual, depth=Int(1, 4), width=Int(1, 24)), {}),
    "residual by twos": (toy(residual, depth=OneOf(1, 3), width=Int(2, 40, step=2)), {}),
    "growing": (toy(growing, depth=Int(1, 9), width=Int(1, 9)), {}),
    "shrinking": (toy(shrinking, width=Int(1, 60)), {}),
    "adding": (toy(adding, width=Int(1, 60)), {}),
    "unbuildable": (toy(unbuildable, width=Int(1, 20)), {}),
}


@cache
def variants(name):
    """A small space, and the counts of all its variants, by brute force."""
    if name in TOYS:
        family, vary = TOYS[name]
        found = space(family, {}, vary)
    else:
        text, vary = SPACES[name]
        found = space(*parse_family(text), vary)
    options = list(found.searched.items())
    specs = {str(spec): spec for spec in found.named}
    for values in itertools.product(*(values for _, values in options)):
        chosen = dict(zip([key for key, _ in options], values, strict=True))
        spec = Spec(found.family, {**found.base, **chosen})
        specs[str(spec)] = spec
    counts = {}
    for text, spec in specs.items():
        try:
            counts[text] = measure(spec).counts
        except ArchiError:
            assert name == "unbuildable"
    return found, counts


def by_hand(counts, names, goals, top):
    """The nearest by the definition in docs/commands.md, over all variants."""

    def key(text):
        params, macs = counts[text]
        actual = {"params": params, "macs": macs}
        limits = {m: b for m, b in goals.items() if b.is_limit}
        figures = {m: b for m, b in goals.items() if not b.is_limit}
        broken = max((b.distance(actual[m]) for m, b in limits.items()), default=0)
        missed = max((b.distance(actual[m]) for m, b in figures.items()), default=0)
        gap = max(b.gap(actual[m]) for m, b in (figures or limits).items())
        return (broken, missed, gap, text not in names, text.count(","), len(text), text)

    ranked = sorted(counts, key=key)
    if key(ranked[0])[0] == 0:
        ranked = [text for text in ranked if key(text)[0] == 0]
    return ranked[:top]


@st.composite
def budgets(draw, counts):
    """Goals of every kind, about as large as the variants, and beyond them."""
    goals = {}
    metrics = draw(st.sampled_from([("params",), ("macs",), ("params", "macs")]))
    for index, metric in enumerate(("params", "macs")):
        if metric in metrics:
            base = draw(st.sampled_from(sorted({c[index] for c in counts.values()})))
            number = max(1, int(base * draw(st.sampled_from([1, 1, 0.5, 0.97, 1.04, 3, 20]))))
            form = draw(
                st.sampled_from(
                    ["{}", "<={}", "<{}", ">={}", ">{}", "{}±5%", "{}±0.01%", "{0}..{0}"]
                )
            )
            shown = draw(
                st.sampled_from([str(number), f"{number / 1e6:.2f}M", f"{number / 1e3:.0f}K"])
            )
            goals[metric] = bound(form.format(shown))
    return goals


@pytest.mark.parametrize("name", [*SPACES, *TOYS])
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_same_as_going_through_all(name, data):
    """The nearest by search are the nearest of all, in the same order."""
    found, counts = variants(name)
    names = {str(spec) for spec in found.names}
    goals = data.draw(budgets(counts))
    top = data.draw(st.integers(1, 12))
    result = search([found], top, **goals)
    assert [str(c.spec) for c in result.candidates] == by_hand(counts, names, goals, top)
    assert all(c.counts == counts[str(c.spec)] for c in result.candidates)
    assert result.surprises == []
    assert result.variants == found.size


@settings(max_examples=40)
@given(data=st.data())
def test_across_families_too(data):
    names = ["wrn", "residual", "rounded", "resnet"]
    spaces, tables = zip(*(variants(name) for name in names), strict=True)
    counts = {}
    for name, table in zip(names, tables, strict=True):
        counts |= {f"{name}|{text}": pair for text, pair in table.items()}
    goals = data.draw(budgets(counts))
    result = search(spaces, 7, **goals)
    ranks = [c.rank for c in result.candidates]
    assert ranks == sorted(ranks)
    rank = Goals(goals).rank
    everything = sorted(rank(pair, pair) for pair in counts.values())
    if everything[0][0] == 0:
        everything = [r for r in everything if r[0] == 0]
    assert ranks == everything[:7]


def test_few_are_built():
    """The search is no brute force in disguise."""
    run = Search(Goals({"params": bound("36497146")}))
    result = run.run([space(load_family("wrn"), {}, {"width": "", "depth": "10..1000"})], 1)
    assert result.variants > 2_600_000
    assert result.built < 60


# --- what the search takes to be true of a family ------------------------------------------


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_formula_foretells_every_variant(family, data):
    """Off the places where channels may meet exactly, there between its neighbours."""
    found = space(family, {}, {})
    pieces = slices(family)
    piece = data.draw(st.sampled_from(pieces))
    steps = [data.draw(st.integers(0, len(places) - 1)) for places in piece.places]
    box = piece.whole._replace(low=tuple(steps), high=tuple(steps))
    least, most = piece.between(box)
    counts = measure(piece.spec(box)).counts
    assert all(a <= b <= c for a, b, c in zip(least, counts, most, strict=True))
    low, high = piece.ends(box)
    assert least == most or piece.formula.meets(low, high)
    assert piece.spec(box) in found


@cache
def slices(family):
    run = Search(Goals({"params": bound("1M")}))
    run.build = measure
    errors = []
    pieces = run._slices(space(family, {}, {}), errors)
    assert errors == []
    return pieces


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_families_declare_values_that_exist(family):
    for key, option in family.options.items():
        values = list(option.search)
        assert all(option.parse(option.write(value)) == value for value in values), key
        assert values == sorted(set(values))
        assert not values or len(values) > 1


def test_wrn_at_width_one_is_where_channels_meet():
    (piece,) = slices(load_family("wrn"))
    depth, width = (axis.option for axis in piece.space.axes)
    at = (depth.place(28), width.place(1))
    assert piece.formula.meets(at, at)
    assert piece.formula.at(at) != measure(parse("wrn-28-1")).counts
    off = (depth.place(28), width.place(10))
    assert not piece.formula.meets(off, off)
    assert piece.formula.at(off) == measure(parse("wrn-28-10")).counts


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 1)),
        st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
        min_size=1,
    ),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=2),
)
def test_bounds_of_a_formula_hold_whatever_its_signs(terms, corners):
    formula = Formula((2, 1), list(terms.items()), [])
    low = tuple(map(min, *corners))
    high = tuple(map(max, *corners))
    least, most = formula.between(low, high)
    inside = itertools.product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))
    for place in inside:
        assert all(a <= b <= c for a, b, c in zip(least, formula.at(place), most, strict=True))


def test_binomials_go_on_below_zero():
    assert binomials(5, 3) == [1, 5, 10, 10]
    assert binomials(-2, 3) == [1, -2, 3, -4]


def test_a_formula_is_found_beside_the_places_where_channels_meet():
    """Fitted to wider networks where the narrowest hold an exception, and true of all others."""
    family, _ = TOYS["residual"]
    build = lambda place: measure(parse_toy(family, 1, 1 + place[0]))  # noqa: E731
    formula = find_formula(build, (23,))
    assert formula.at((19,)) == build((19,)).counts
    assert [p for p in range(24) if formula.at((p,)) != build((p,)).counts] == [3]
    assert formula.meets((3,), (3,))


def parse_toy(family, depth, width):
    values = {**family.defaults, "depth": depth, "width": width}
    return Spec(family, {key: values[key] for key in family.options})


# --- what is known is found back -------------------------------------------------------------


@pytest.mark.parametrize("name", every_network())
@pytest.mark.parametrize("metrics", [("params",), ("params", "macs")], ids=" ".join)
def test_known_variants_are_found_back(name, metrics):
    totals = archi.load(name).totals
    family = parse(name).family
    goals = {metric: exactly(getattr(totals, metric)) for metric in metrics}
    first = search([space(family, {}, {})], 2, **goals).candidates[0]
    assert (first.spec, first.error, first.name) == (parse(name), 0, name)


@settings(max_examples=40)
@given(st.sampled_from(families()), st.data())
def test_any_variant_is_found_back(family, data):
    """From its exact counts a variant comes first, or one with the very same counts."""
    piece = data.draw(st.sampled_from(slices(family)))
    steps = [data.draw(st.integers(0, len(places) - 1)) for places in piece.places]
    spec = piece.spec(piece.whole._replace(low=tuple(steps), high=tuple(steps)))
    params, macs = measure(spec).counts
    found = search([space(family, {}, {})], 3, params=exactly(params), macs=exactly(macs))
    alike = [c.spec for c in found.candidates if c.counts == (params, macs)]
    assert spec in alike
    assert found.candidates[0].error == 0


def test_of_equal_variants_the_named_then_the_simplest_comes_first():
    found = search([space(load_family("nasnet"), {}, {})], 2, params="88949818")
    assert [str(c.spec) for c in found.candidates] == ["nasnet-large", "nasnet-a-6@4032"]
    resnets = space(load_family("resnet"), {}, {"stride": ""})
    found = search([resnets], 2, params="25636712")
    assert [str(c.spec) for c in found.candidates] == ["resnet50", "resnet50,stride=3x3"]
    resnets.names = {parse("resnet50,stride=3x3"): "torchvision's"}
    found = search([resnets], 2, params="25636712")
    assert [c.name for c in found.candidates] == ["torchvision's", ""]


@settings(max_examples=10)
@given(
    st.sampled_from(["wrn", "nasnet", "resnet", "resnet_v2", "preact_resnet"]),
    st.integers(10**6, 10**8),
)
@example("nasnet", 22_910_480)
def test_counts_are_the_totals_of_the_loaded_spec(name, params):
    for candidate in search(
        [space(load_family(name), {}, {})], 2, params=exactly(params)
    ).candidates:
        totals = archi.load(str(candidate.spec)).totals
        assert candidate.counts == (totals.params, totals.macs)


# --- goals -----------------------------------------------------------------------------------


def first(archi, *args):
    done = archi("fit", *args, "--format", "json")
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def test_limits_are_kept_and_used_up(archi):
    """As much network as the limit allows; as little as the floor asks."""
    below = first(archi, "wrn", "--params", "<=5M", "--top", "1")["candidates"][0]
    above = first(archi, "wrn", "--params", ">5M", "--top", "1")["candidates"][0]
    _, counts = search_all_wrn()
    assert below["params"] == max(p for p, _ in counts if p <= 5_000_000)
    assert above["params"] == min(p for p, _ in counts if p > 5_000_000)


@cache
def search_all_wrn():
    """Every variant of the WRN that fit goes through, by the formula."""
    (piece,) = slices(load_family("wrn"))
    return piece, [piece.formula.at(place) for place in itertools.product(*piece.places)]


def test_a_limit_comes_before_a_figure(archi):
    """A network that breaks a limit is never shown beside those that keep it."""
    data = first(archi, "wrn", "--params", "36.5M", "--macs", "<=5G", "--top", "20")
    assert all(each["macs"] <= 5 * 10**9 for each in data["candidates"])
    assert data["candidates"][0]["spec"] != "wrn-28-10"  # which has 5.24 G
    errors = [each["error"] for each in data["candidates"]]
    assert errors == sorted(errors)


def test_a_rounded_figure_is_met_within_its_rounding(archi):
    best, second = first(archi, "wrn", "--params", "36.5M", "--top", "2")["candidates"]
    assert (best["spec"], best["error"]) == ("wrn-28-10", 0)
    assert best["deviation"] == {"params": (36_497_146 - 36_500_000) / 36_500_000}
    assert second["error"] == pytest.approx(abs(second["params"] / 36.5e6 - 1))


def test_json_as_the_contract_has_it(archi):
    data = first(archi, "nasnet-a", "--params", "22.6M", "--top", "3")
    assert (data["schema"], data["family"], data["goal"]) == (1, "nasnet", {"params": 22_600_000})
    assert len(data["candidates"]) == 3
    for each in data["candidates"]:
        totals = archi_totals(each["spec"])
        assert (each["params"], each["macs"]) == (totals.params, totals.macs)
        assert str(parse(each["spec"])) == each["spec"]


def archi_totals(spec):
    return archi.load(spec).totals


def test_like_takes_the_counts_of_another(archi):
    data = first(archi, "nasnet-a", "--like", "xception", "--top", "1")
    assert data["goal"] == {"params": 22_910_480}
    assert data["like"] == "xception"
    both = first(archi, "nasnet-a", "--like", "xception", "--by", "both", "--top", "1")
    assert both["goal"] == {"params": 22_910_480, "macs": 8_357_403_496}
    capped = first(archi, "wrn", "--like", "wrn-28-10", "--macs", "<1G")
    assert capped["goal"] == {"params": 36_497_146, "macs": 10**9}


def test_the_answer_is_the_first_line(archi):
    line = archi("fit", "wrn", "--like", "wrn-28-10").stdout.splitlines()[0]
    assert line == "wrn-28-10 is as large as wrn-28-10: 36,497,146 params"
    line = archi("fit", "resnet", "--params", "10G").stdout.splitlines()[0]
    assert line == "resnet152,width=8 comes nearest to 10G params: 2,105,456,616 params (-79%)"
    line = archi("fit", "resnet", "--macs", "<1G").stdout.splitlines()[0]
    assert line == "No variant has <1G MACs; resnet18 comes nearest: 1,814,073,344 MACs (+81%)"


@pytest.mark.parametrize("goal", ["1", "1T", "<=1K", ">1T"])
def test_a_budget_out_of_reach_says_so(archi, goal):
    stdout = archi("fit", "resnet", "--params", goal).stdout
    reach = "11,703,912 to 2,105,456,616"
    assert f"Out of reach: {goal} params. What was searched has {reach}" in stdout


def test_a_budget_between_two_variants_is_not_out_of_reach(archi):
    assert "Out of reach" not in archi("fit", "resnet", "--params", "30M").stdout


# --- what is searched --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("wrn", "wrn"),
        ("WRN", "wrn"),
        ("wide-resnet", "wrn"),
        ("wrn-28-10", "wrn"),
        ("nasnet", "nasnet"),
        ("NASNet-A", "nasnet"),
        ("nasnet-mobile", "nasnet"),
        ("resnet", "resnet"),
        ("resnet50", "resnet"),
        ("resnet-v2", "resnet_v2"),
        ("resnet50v2", "resnet_v2"),
        ("preact_resnet", "preact_resnet"),
        ("keras-resnet", "preact_resnet"),
        ("xception", "xception"),
    ],
)
def test_a_family_by_any_of_its_names(text, family):
    assert parse_family(text)[0].name == family


def test_options_are_fixed_for_every_variant(archi):
    data = first(
        archi, "wrn,dropout=0.3", "--params", "36.5M", "--input", "64x64x3", "--classes", "100"
    )
    values = [parse(each["spec"]).values for each in data["candidates"]]
    assert {(v["dropout"], v["input"], v["classes"]) for v in values} == {(0.3, (64, 64, 3), 100)}
    data = first(archi, "nasnet-mobile", "--params", "5.3M")
    values = [parse(each["spec"]).values for each in data["candidates"]]
    assert {(v["stem_filters"], v["skip_reduction"]) for v in values} == {(32, False)}
    data = first(archi, "wrn,width=10", "--params", "36.5M")
    assert {parse(each["spec"]).values["width"] for each in data["candidates"]} == {10}
    assert data["variants"] == 16


def test_vary_searches_what_it_says(archi):
    data = first(
        archi,
        "nasnet",
        "--params",
        "5M",
        "--vary",
        "f=96,960",
        "--vary",
        "stem",
        "--vary",
        "N=2..3",
    )
    values = [parse(each["spec"]).values for each in data["candidates"]]
    assert {v["F"] for v in values} == {96, 960}
    assert {v["N"] for v in values} == {2, 3}
    assert {v["stem"] for v in values} == {"imagenet", "cifar"}
    assert data["variants"] == 2 * 2 * 2 * 2


def test_an_option_that_changes_no_counts_stays_as_it_is():
    def idling(x, classes, top, width, idle):
        return rounded(x, classes, top, width)

    family = toy(idling, width=Int(1, 60), idle=Decimal(0, 10**6, step=1, default=5))
    found = search([space(family, {}, {"idle": "", "width": "8"})], 5, params="100")
    assert [c.spec.values["idle"] for c in found.candidates] == [5]


def test_families_that_cannot_be_built_are_named(archi):
    done = archi("fit", "--params", "5M", "--input", "4x4x3", "--top", "2")
    assert done.exit_code == 0
    assert "xception can't be built so: " in done.stdout
    assert "keras" not in done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["wrn"], "Give a budget"),
        (["nasnt", "--params", "1M"], "did you mean nasnet, pnasnet or mnasnet?"),
        (["zzz", "--params", "1M"], "`archi list` shows all names"),
        (["wrn,wdth=3", "--params", "1M"], "wrn has no option 'wdth'\n  wrn,wdth=3\n      ^^^^"),
        (["wrn,width=0", "--params", "1M"], "  wrn,width=0\n            ^\n"),
        (["wrn", "--params", "many"], "'many' is not a figure\n  many\n  ^^^^"),
        (["wrn", "--params", "1M", "--vary", "wdth"], "wrn has no option 'wdth'"),
        (["wrn", "--params", "1M", "--vary", "blocks"], "can't vary blocks"),
        (["wrn", "--params", "1M", "--vary", "width=3..1"], "there are no values in '3..1'"),
        (["wrn", "--params", "1M", "--vary", "width=1..x"], "  1..x\n     ^\n"),
        (["wrn", "--params", "1M", "--vary", "blocks=33,9"], "  33,9\n     ^\n"),
        (["--params", "1M", "--vary", "nothing"], "no family has the options to vary: 'nothing'"),
        (["wrn", "--params", "1M", "--like", "wrn-28-10"], "--params and --like both say"),
        (["wrn", "--like", "wrn-27-10"], "try wrn-22-10 or wrn-28-10"),
        (["wrn", "--params", "1M", "--input", "3"], "input must be HEIGHTxWIDTHxCHANNELS"),
        (["xception", "--params", "1M", "--input", "4x4x3"], "block1_conv2 (Conv2D): wants an"),
        (["resnet", "--params", "1M", "--vary", "input"], "can't vary input"),
    ],
)  # fmt: skip
def test_wrong_use_says_what_would_work(archi, args, message):
    done = archi("fit", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_too_many_to_build_is_refused_and_says_how_to_narrow():
    family = toy(rounded, width=Int(1, 100_000))
    with pytest.raises(ArchiError, match="100,000 combinations of width") as caught:
        search([space(family, {}, {})], 1, params="1M")
    assert "--vary width=LOW..HIGH" in caught.value.hint


def test_a_family_that_breaks_its_promise_is_told_of():
    """A jump that no built network and no meeting of channels foretells."""

    def jumping(x, classes, top, width):
        x = Conv2D(width + 500 * (width == 33), 3, name="conv")(x)
        return Dense(classes, name="out")(GlobalAveragePooling2D(name="pool")(x))

    family = toy(jumping, width=Int(1, 60))
    found = search([space(family, {}, {})], 1, params=exactly(28 * 33 + 11 * 10 + 10 * 22))
    assert [spec.values["width"] for spec in found.surprises] == [33]


# --- the progress bar --------------------------------------------------------------------------


def test_progress_is_shown_after_a_second_and_only_on_a_terminal(monkeypatch):
    from archi.cli import fit

    shown = []

    class Bar:
        task_ids = (0,)
        update = staticmethod(lambda task, **fields: shown.append(fields))
        stop = staticmethod(lambda: shown.append("stopped"))

    clock = iter([0, 0.5, 1.5, 1.6])
    monkeypatch.setattr(fit, "monotonic", lambda: next(clock))
    monkeypatch.setattr(fit.Meter, "_begin", lambda self, total: Bar())
    monkeypatch.setattr(fit.sys.stderr, "isatty", lambda: True, raising=False)
    with fit.Meter() as meter:
        meter.show(0, 2, 3)
        assert shown == []
        meter.show(1, 2, 9)
        assert shown == [{"completed": 1, "total": 2, "built": 9}]
    assert shown[-1] == "stopped"


def test_a_search_that_would_build_too_much_says_so(archi, monkeypatch):
    from archi.fit import _search

    monkeypatch.setattr(_search, "MAX_CALLS", 1000)
    result = archi("fit", "nasnet", "--params", "5M")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: too many large networks would have to be built" in result.stderr
    assert "--vary KEY=LOW..HIGH" in result.stderr


def test_one_value_may_be_given_to_an_option(archi):
    done = archi("fit", "wrn", "--params", "36.5M", "--vary", "width=10", "--format", "json")
    specs = [each["spec"] for each in json.loads(done.stdout)["candidates"]]
    assert specs[0] == "wrn-28-10"
    assert all(spec.split("-")[2] == "10" for spec in specs)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--params", "<5M", "--params", ">4M"], "given twice; a range is 4M..5M"),
        (["--params=5M", "--vary=width=8", "--vary=width=9"], "--vary width is given twice"),
        (["--params", "5M", "--vary", "=3"], "--vary names an option"),
    ],
)  # fmt: skip
def test_options_given_twice_are_refused(archi, args, message):
    result = archi("fit", "wrn", *args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_goals_beside_those_of_like_are_named(archi):
    output = archi("fit", "wrn", "--like", "wrn-16-4", "--macs", "400M").stdout
    assert "wrn-16-4 and 400M MACs" in output.splitlines()[0]


@pytest.mark.nightly  # twice through all families
def test_families_with_their_own_inputs_are_told_apart(archi):
    args = ("fit", "--params", "<=5M", "--top", "1")
    note = "Each family has its own input"
    assert note in archi(*args).stdout
    assert note not in archi(*args, "--input", "64x64x3").stdout
