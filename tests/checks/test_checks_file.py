"""Checks kept in pyproject.toml: where things stand, what is refused, what an update writes."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archi import ArchiError
from archi.checks._toml import places, toml_loads
from archi.checks.file import MAX_BYTES, ChecksError, ChecksFile

# --- places -----------------------------------------------------------------------------

VALUES = [
    "0", "-17", "1_000_000", "0xff", "3.5", "1e5", "nan", "-inf", "true", "1979-05-27",
    "1979-05-27 07:32:00Z", "07:32:00", '""', "''", '"a # b"', "'it]s'", r'"esc \" \\ } , \u00e9"',
    "'C:\\'", '"""one"""', '""""two" quotes"""', '"""ends in two"""""', "'''it's'''", "'''''''",
    '"""two\n[lines] # = "x"\n"""', "'''\nx = 5\n'''", "[]", "[ ]",
    "[1, 2,]", '[1, [2, "]"], [[]]]',
    '[\n  "a", # one, two ]\n  \'b\'\n  ,\n]', "{}", "{ a = 1, b.c = '}' }",
    '{"a b" = [1, {c = "]"}]}',
    "[{ a = 1 }, { a = [2] }]",
]  # fmt: skip
NAMES = ["a", "b-1", "_", "1", "1.5", "tool", "x.y", "é", 'q"q', "it's", "", "a b", "@#]=", "\t"]


@st.composite
def written_keys(draw, name: str) -> str:
    """A key bare, "basic" or 'literal', as it can be."""
    forms = ['"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"']
    if name and all(c.isascii() and (c.isalnum() or c in "-_") for c in name):
        forms.append(name)
    if "'" not in name:
        forms.append(f"'{name}'")
    return draw(st.sampled_from(forms))


blanks = st.sampled_from(["", " ", "  ", "\t "])
ends = st.sampled_from(["\n", "\n\n", "  # note\n", "\n# [a] = 'x'\n", '# "\n'])


@st.composite
def pairs(draw) -> str:
    """Lines of `key = value`, in which no key is there twice."""
    lines = []
    for key in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True)):
        dotted = draw(st.sampled_from(["", ".x", " . 'x y' .z"]))
        value = draw(st.sampled_from(VALUES))
        pair = [draw(written_keys(key)), dotted, draw(blanks), "=", draw(blanks), value]
        lines += [draw(blanks), *pair, draw(blanks), draw(ends)]
    return "".join(lines)


@st.composite
def documents(draw) -> str:
    """TOML of many layouts: tables, arrays of tables, dotted keys, comments, every value."""
    lines = [draw(st.sampled_from(["", "\n", "# head\n"])), draw(pairs())]
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True)):
        key = draw(written_keys(name))
        if draw(st.booleans()):
            lines += [f"[Tables{draw(blanks)}.{key}{draw(blanks)}]", draw(ends), draw(pairs())]
            continue
        for _ in range(draw(st.integers(1, 3))):
            lines += [f"[[ Arrays.{key}{draw(blanks)}]]", draw(ends), draw(pairs())]
            lines += [f"[Arrays.{key}.below]", draw(ends), draw(pairs())]
            for _ in range(draw(st.integers(0, 2))):
                lines += [f"[[Arrays . {key}.again]]", draw(ends), draw(pairs())]
    return "".join(lines).replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def leaves(value, path=()):
    """Every path and value of the data that is no table and no array."""
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from leaves(each, (*path, key))
    else:
        yield path, value


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_every_value_stands_where_places_says(text):
    found = places(text)
    data = toml_loads(text)
    for path, value in leaves(data):
        start, end = found.values[path]
        assert repr(toml_loads(f"x = {text[start:end]}")["x"]) == repr(value)
        for depth in range(1, len(path) + 1):
            if isinstance(path[depth - 1], str):
                start, end = found.keys[path[:depth]]
                assert list(toml_loads(f"{text[start:end]} = 0")) == [path[depth - 1]]


def test_real_files_have_places():
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    with open(os.path.join(root, "pyproject.toml")) as file:
        text = file.read()
    found = places(text)
    assert [path for path, _ in leaves(toml_loads(text)) if path not in found.values] == []
    assert text[slice(*found.values["project", "version"])] == '"0.1.0"'


def test_inline_tables_of_toml_1_1_have_places():
    """Newlines, comments and a comma at the end, which tomllib before Python 3.15 refuses."""
    text = "x = {\n  a = 1, # }\n  b.c = '}',\n}\ny = 2\n"
    shown = {path: text[slice(*span)] for path, span in places(text).values.items()}
    assert shown[("x", "a")] == "1"
    assert shown[("x", "b", "c")] == "'}'"
    assert shown[("x",)] == text[4:-7]
    assert shown[("y",)] == "2"


# --- reading ----------------------------------------------------------------------------


def checks_file(tmp_path, text: str | bytes) -> ChecksFile:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ChecksFile(str(path))


def refusal(tmp_path, text: str | bytes) -> str:
    with pytest.raises(ArchiError) as caught:
        checks_file(tmp_path, text).raise_problems()
    return str(caught.value).replace(f"{tmp_path}{os.sep}", "")


def test_targets_and_assertions_come_in_the_order_of_the_file(tmp_path):
    file = checks_file(
        tmp_path,
        'tool.archi.checks.wrn-28-10.params = "36.5M"\n'
        "[other]\n"
        '[tool.archi.checks."resnet50,classes=10"]\n'
        "weight-bytes = '<=100 MB'\n"
        "trainable_params = 1\n"
        'lock = { params = 5, output = "7x7x512" }\n'
        "[tool.archi.checks.xception]\n"
        "lock = true\n",
    )
    file.raise_problems()
    shown = [
        (each.target, [(e.assertion.metric.name, e.assertion.text, e.assertion.locked)
                       for e in each.entries], each.unfilled)
        for each in file.targets
    ]  # fmt: skip
    assert shown == [
        ("wrn-28-10", [("params", "36.5M", False)], False),
        ("resnet50,classes=10", [
            ("weight_bytes", "<=100MB", False), ("trainable_params", "1", False),
            ("params", "5", True), ("output", "7×7×512", True)], False),
        ("xception", [], True),
    ]  # fmt: skip
    lines = [file.place(e.path).line for each in file.targets for e in each.entries]
    assert lines == [1, 4, 5, 6, 6]


C = "[tool.archi.checks]\n"
REFUSED = {
    "": "pyproject.toml has no [tool.archi.checks]\n  there, ",
    "[tool.archi]\n[tool.archi.chekcs]\n": "pyproject.toml:2: tool.archi.chekcs: did you mean "
    "checks?\n  [tool.archi.chekcs]\n              ^^^^^^",
    "tool = 5": "pyproject.toml:1: tool: has to be a table\n  tool = 5\n  ^^^^\n",
    "tool.archi = []": "pyproject.toml:1: tool.archi: has to be a table",
    "[[tool.archi.checks]]": "pyproject.toml:1: tool.archi.checks: has to be a table",
    C: "pyproject.toml:1: tool.archi.checks: holds no checks",
    C + "resnet50 = '25M'": "pyproject.toml:2: resnet50: has to be a table of metrics\n"
    "  resnet50 = '25M'\n             ^^^^^\n",
    C + "resnet50 = {}": "pyproject.toml:2: resnet50: checks nothing",
    C + "[[tool.archi.checks.a]]": "pyproject.toml:2: a: has to be a table of metrics",
    C + "r = { parms = 5 }": "pyproject.toml:2: r.parms: there is no metric 'parms'\n"
    "  r = { parms = 5 }\n        ^^^^^\n  did you mean params?",
    C + "r = { zzzz = 5 }": "pyproject.toml:2: r.zzzz: there is no metric 'zzzz'\n"
    "  r = { zzzz = 5 }\n        ^^^^\n  metrics are params, layers, ",
    C + "r = { input = '32x32x3' }": "pyproject.toml:2: r.input: there is no metric 'input'\n"
    "  r = { input = '32x32x3' }\n        ^^^^^\n  input-shape checks it; to set it, ",
    C + 'r = { params = "36.5X" }': "pyproject.toml:2: r.params: '36.5X' is not a figure\n"
    '  r = { params = "36.5X" }\n                  ^^^^^\n  try 36.5M, ',
    C + "r = { macs = '=<5G' }": "pyproject.toml:2: r.macs: '<5G' is not a figure\n"
    "  r = { macs = '=<5G' }\n                 ^^^\n",
    C + "r = { weight-bytes = '5MiB' }": "pyproject.toml:2: r.weight-bytes: '5MiB' is not a size "
    "in bytes\n  r = { weight-bytes = '5MiB' }\n                        ^^^^\n  try 146MB, ",
    C + "r = { weight-bytes = '5BB' }": "pyproject.toml:2: r.weight-bytes: '5BB' is not a size",
    C + "r = { output = 'ten' }": "pyproject.toml:2: r.output: 'ten' is not a shape\n"
    "  r = { output = 'ten' }\n                  ^^^\n  try 10 or 7x7x512",
    C + "r = { output = '10, 7x' }": "pyproject.toml:2: r.output: '7x' is not a shape\n"
    "  r = { output = '10, 7x' }\n                      ^^\n",
    C + "r = { params = 3.5 }": "pyproject.toml:2: r.params: params is held against a whole number "
    "or text, not 3.5\n  r = { params = 3.5 }\n                 ^^^\n",
    C + "r = { params = true }": "pyproject.toml:2: r.params: params is held against a whole "
    "number or text, not true",
    C + "r = { params = ['5M'] }": "pyproject.toml:2: r.params: params is held against a whole "
    "number or text, not a list",
    C + "r = { params = -5 }": "pyproject.toml:2: r.params: params can't be negative",
    C + "r = { params = 5, Params = 6 }": "pyproject.toml:2: r.Params: params is there twice",
    C + "r = { params = '5\\t' }": "pyproject.toml:2: r.params: '5\\t' is not a figure",
    C + 'r = { params = "\\u0035X" }': "pyproject.toml:2: r.params: '5X' is not a figure\n"
    '  r = { params = "\\u0035X" }\n                 ^^^^^^^^^\n',  # escaped: the whole value
    C + "r = { lock = 5 }": "pyproject.toml:2: r.lock: has to be a table of figures",
    C + "r = { lock = {} }": "pyproject.toml:2: r.lock: has to be a table of figures",
    C + "r = { lock = false }": "pyproject.toml:2: r.lock: has to be a table of figures",
    C + "r = { lock = { params = '5M' } }": "pyproject.toml:2: r.lock.params: a locked figure is a "
    "whole number in full, not '5M'\n  r = { lock = { params = '5M' } }\n",
    C + "r = { lock = { param = 5 } }": "pyproject.toml:2: r.lock.param: there is no metric ",
    "[tool.archi.checks.mypkg.models]\nparams = 5": "pyproject.toml:1: mypkg.models: there is no "
    "metric 'models'\n  [tool.archi.checks.mypkg.models]\n                           ^^^^^^\n"
    '  a target with a dot goes in quotes: "mypkg.models"',
    "[tool.archi.checks.nasnet-a-7@1920]\n": "pyproject.toml:1: not TOML: ",
    C + "\nx = 'a": "pyproject.toml:3: not TOML: ",
    C + "x = {": "pyproject.toml:2: not TOML: ",
    "a = " + "[" * 5000 + "]" * 5000: "pyproject.toml:1: not TOML: ",
    "a = " + "9" * 5000: "pyproject.toml:1: not TOML: ",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[-40:]))
def test_what_is_wrong_is_told_with_file_line_and_key(tmp_path, text):
    message = refusal(tmp_path, text)
    assert message.startswith(REFUSED[text])
    assert refusal(tmp_path, "\ufeff" + text) == message
    with_crlf = refusal(tmp_path, text.replace("\n", "\r\n"))
    assert with_crlf == message


def test_an_unquoted_target_is_told_to_be_quoted(tmp_path):
    for text in ("[tool.archi.checks.nasnet-a-7@1920]", C + "resnet50,classes=10 = {params=5}"):
        assert 'goes in quotes: [tool.archi.checks."nasnet-a-7@1920"]' in refusal(tmp_path, text)
    assert "goes in quotes" not in refusal(tmp_path, "[tool.other.nasnet-a-7@1920]")


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path):
    text = C + "a = { parms = 5 }\nb = 3\n\nc = { params = 'x', macs = '5G', flops = true }\n"
    with pytest.raises(ChecksError) as caught:
        checks_file(tmp_path, text).raise_problems()
    assert str(caught.value).splitlines()[0].endswith("pyproject.toml has 4 problems")
    assert [place.line for place, _ in caught.value.problems] == [2, 3, 5, 5]
    assert all(f"pyproject.toml:{line}: " in str(caught.value) for line in (2, 3, 5))


def test_a_file_that_cannot_be_read(tmp_path):
    assert refusal(tmp_path, b"a = 1\nb = '\xff'").startswith("pyproject.toml:2: it is not UTF-8")
    assert "more than 10,000,000 bytes" in refusal(tmp_path, b"#" * (MAX_BYTES + 1))
    with pytest.raises(ArchiError, match=r"can't read '.*': No such file"):
        ChecksFile(str(tmp_path / "nothing.toml"))


def test_nothing_in_a_file_reaches_the_terminal_raw(tmp_path):
    text = C + '"\\u001b[31m\\u202e" = { "par\\u001bms" = "\\u001b" }\n# \u202e\n'
    message = refusal(tmp_path, text)
    assert all(line.isprintable() for line in message.splitlines())


@given(st.text(max_size=60) | st.text("[]{}=\"'\\\n.#, abtool.archi.checks", max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_a_message(tmp_path, text):
    for each in (text, C + text, C + "r = " + text, C + "r = { params = " + text + " }"):
        try:
            checks_file(tmp_path, each.encode("utf-8", "surrogateescape")).raise_problems()
        except ArchiError as error:
            message = str(error)
            assert "pyproject.toml" in message


# --- rewriting --------------------------------------------------------------------------

JUNK = [
    "[project]\nname = 'x'  # 5\n",
    '[[tool.other]]\nlock = { params = 5 }\n[[tool.other]]\nx=[\n1,]\n',
    "# [tool.archi.checks.resnet50]\n# lock = { params = 5 }\n", "\n\n",
    "[tool.text]\ndoc = '''\n[tool.archi.checks.resnet50.lock]\nparams = 5\n'''\n",
]  # fmt: skip
STYLES = [
    '[tool.archi.checks."{t}"]\n{b}lock{b}={b}{{{b}params{b}={b}@0@,macs=@1@{b}}}{e}',
    '[tool.archi.checks."{t}".lock]{e}  "params"{b}={b}@0@{e}\'macs\' = @1@{e}',
    '[tool.archi.checks."{t}"]\nparams = ">1"{e}lock.params{b}={b}@0@{e}lock . macs = @1@{e}',
    '[tool.archi.checks]{e}"{t}" = {{ macs = ">1", lock = {{ macs = @1@, "params" = @0@ }} }}{e}',
    "[tool.archi]{e}checks.'{t}'.lock = {{params=@0@, macs=@1@}}{e}",
]


@st.composite
def projects(draw):
    """A pyproject.toml with @n@ where locked figures stand, and those figures' paths."""
    style = draw(st.sampled_from(STYLES))
    once = not style.startswith(('[tool.archi.checks."',))  # the header may be there once
    targets = draw(st.lists(st.sampled_from(["resnet50", "a,b=1", "m.n:o", "é"]), min_size=1,
                            max_size=1 if once else 3, unique=True))  # fmt: skip
    text, paths = "", []
    for target in targets:
        text += draw(st.sampled_from(["", *JUNK[2:4]]))
        part = style.format(t=target, b=draw(blanks), e=draw(ends))
        for old, key in (("@0@", "params"), ("@1@", "macs")):
            part = part.replace(old, f"@@{len(paths)}@@")
            paths.append(("tool", "archi", "checks", target, "lock", key))
        text += part
    before, after = draw(st.sampled_from(JUNK)), draw(st.sampled_from(JUNK))
    return before + text + (after if after != before else ""), paths


figures = st.integers(0, 10**15)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(projects(), st.data())
def test_an_update_changes_the_figures_and_nothing_else(tmp_path, project, data):
    text, paths = project
    text = text.replace("\n", data.draw(st.sampled_from(["\n", "\r\n"])))
    text = data.draw(st.sampled_from(["", "\ufeff"])) + text
    grouped = data.draw(st.booleans())
    old = [data.draw(figures) for _ in paths]
    new = [data.draw(figures) for _ in paths]
    changed = data.draw(st.sets(st.sampled_from(range(len(paths)))))

    def filled(values):
        result = text
        for i, value in enumerate(values):
            result = result.replace(f"@@{i}@@", f"{value:_}" if grouped else str(value))
        return result.encode()

    file = checks_file(tmp_path, filled(old))
    file.raise_problems()
    file.rewrite({paths[i]: new[i] for i in changed})
    expected = filled([new[i] if i in changed else old[i] for i in range(len(paths))])
    if grouped:  # a short figure shows no grouping to follow
        shown = (tmp_path / "pyproject.toml").read_bytes()
        assert toml_loads(shown.decode().removeprefix("\ufeff")) == toml_loads(
            expected.decode().removeprefix("\ufeff")
        )
        assert shown.replace(b"_", b"") == expected.replace(b"_", b"")
    else:
        assert (tmp_path / "pyproject.toml").read_bytes() == expected


LOCK = ("tool", "archi", "checks", "r", "lock")


@pytest.mark.parametrize(
    ("old", "figure", "new"),
    [
        ("5", 1234567, "1234567"),
        ("5_000", 1234567, "1_234_567"),
        ("+5", 6, "6"),
        ("'7x7x512'", "8x8x512", "'8x8x512'"),
        ('"10"', 12, '"12"'),
        ("10", "7x7x512", '"7x7x512"'),
    ],
)
def test_a_figure_is_written_as_the_old_one_was(tmp_path, old, figure, new):
    text = C + "r = { lock = { output = %s } }  # é\n"
    file = checks_file(tmp_path, text % old)
    file.rewrite({(*LOCK, "output"): figure})
    assert (tmp_path / "pyproject.toml").read_text("utf-8") == text % new


def test_a_lock_that_is_true_is_filled_in(tmp_path):
    file = checks_file(tmp_path, C + "r = { lock = true }")
    file.rewrite({LOCK: {"params": 5, "weight_bytes": 20}})
    shown = (tmp_path / "pyproject.toml").read_text("utf-8")
    assert shown == C + "r = { lock = { params = 5, weight-bytes = 20 } }"


TEXT = C + "r = { lock = { params = 5 } }\nx = { params = 1 }\n"


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path):
    file = checks_file(tmp_path, TEXT)
    (tmp_path / "pyproject.toml").write_text(TEXT + "# more\n")
    with pytest.raises(ArchiError, match="changed while archi read it; nothing was written"):
        file.rewrite({(*LOCK, "params"): 6})
    assert (tmp_path / "pyproject.toml").read_text("utf-8") == TEXT + "# more\n"


def test_a_rewrite_that_would_change_more_is_refused(tmp_path):
    file = checks_file(tmp_path, TEXT)
    start, end = file.places.values[(*LOCK, "params")]
    for wrong in ((start - 2, end), (start, end + 2), (0, 0), (len(TEXT) - 4, len(TEXT) - 3)):
        file.places.values[(*LOCK, "params")] = wrong
        with pytest.raises((ArchiError, ValueError)):
            file.rewrite({(*LOCK, "params"): 6})
        assert (tmp_path / "pyproject.toml").read_text("utf-8") == TEXT


def test_mode_and_links_stay_and_a_failed_write_leaves_the_file(tmp_path, monkeypatch):
    path = tmp_path / "pyproject.toml"
    (tmp_path / "linked.toml").symlink_to(path)
    checks_file(tmp_path, TEXT)
    path.chmod(0o640)
    ChecksFile(str(tmp_path / "linked.toml")).rewrite({(*LOCK, "params"): 6})
    assert path.read_text("utf-8") == TEXT.replace("params = 5", "params = 6")
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "linked.toml").is_symlink()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(ArchiError, match="No space"):
        ChecksFile(str(path)).rewrite({(*LOCK, "params"): 7})
    assert path.read_text("utf-8") == TEXT.replace("params = 5", "params = 6")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["linked.toml", "pyproject.toml"]
