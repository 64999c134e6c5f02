"""What to say of a name that is no network's: what it is, and the nearest things that archi has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from archi.errors import one_of, printable, quote
from archi.families.elsewhere import Name, bare, read_name, spelled
from archi.families.registry import Family, catalogue, families, family_called, find

ALL_NAMES = "`archi list` shows all names"
OWN = "a saved file or your own code works too: `archi summary net.keras`, `mine.py:build`"
KINDS = {  # of networks that people ask for, by what their names begin with
    "language models": (
        "bert", "roberta", "distilbert", "albert", "deberta", "electra", "gpt", "llama", "mistral",
        "mixtral", "gemma", "qwen", "phi", "t5", "bart", "falcon", "opt", "bloom", "transformer",
        "lstm", "seq2seq",
    ),
    "networks for segmentation": ("unet", "vnet", "segnet", "deeplab", "fcn", "pspnet", "segformer",
                                  "maskrcnn", "sam"),
    "networks for detection": ("yolo", "ssd", "fasterrcnn", "retinanet", "detr", "rcnn"),
    "generative networks": ("gan", "dcgan", "stylegan", "vae", "diffusion", "stablediffusion"),
}  # fmt: skip


def near_words(word: str, words: Iterable[str]) -> list[str]:
    """Return up to three of `words` that `word` may have been meant for, nearest first."""
    return get_close_matches(spelled(word)[:64], dict.fromkeys(words), cutoff=0.7)


def explain(name: str) -> tuple[str, str]:
    """Return the message and the hint for a name that nothing has."""
    called = quote(name.strip())
    family = family_called(name)
    if family is not None:
        return (
            f"{called} is a family of networks: {family.template.text}",
            f"such as {one_of([*family.catalogue[:3]])}; `archi info {family.name}` tells all",
        )
    wanted = read_name(name)
    why = _why_missing(wanted)
    if why:
        return f"{called} is not built: {why}", _suggest(wanted)
    if wanted.library and (other := _without_library(wanted)):
        return _another(called, wanted, other)
    kind = _kind(wanted.text)
    if kind:
        return f"no architecture is called {called}: archi has no {kind} by name yet", OWN
    return f"no architecture is called {called}", _suggest(wanted)


def is_missing(name: str) -> bool:
    """Whether a family knows of a network of this name and does not build it."""
    return bool(_why_missing(read_name(name)))


def _why_missing(name: Name) -> str:
    """Return why a network that a family knows of is not built.

    A pattern without `*` is what its names begin with.
    """
    reasons = ((pattern, why) for each in families() for pattern, why in each.missing.items())
    text = bare(name.text)
    whole = ((pattern if "*" in pattern else f"{pattern}*", why) for pattern, why in reasons)
    return next((why for pattern, why in whole if fnmatchcase(text, bare(pattern))), "")


def _without_library(name: Name) -> str:
    """Return the name without library, owner and tag, where that is one that archi has."""
    text = name.text.rpartition("/")[2]
    found = find(text)
    return text if found and (found[1].spec or found[0].accepts(found[1])) else ""


def _another(called: str, name: Name, known: str) -> tuple[str, str]:
    why = f"archi has no network that equals one of {name.library} of this name"
    if name.tag:
        why = "of these weights archi knows neither the classes nor the images"
    return f"{called} is not built: {why}", f"the nearest that archi has is {printable(known)}"


def _kind(text: str) -> str:
    start = bare(text.rpartition("/")[2])
    return next((kind for kind, names in KINDS.items() if start.startswith(names)), "")


def explain_family(name: str) -> tuple[str, str]:
    """Return the message and the hint for a name of no family; networks may begin so."""
    message = f"no family is called {quote(name.strip())}"
    begin = _beginning(spelled(name), _names())
    found = find(begin[0]) if begin else None
    if found is not None:
        family = found[0].name.replace("_", "-")
        return message, f"did you mean {family}? {', '.join(begin[:3])} are of it"
    near = near_words(name, [*(start for each in families() for start in each.starts), *_names()])
    return message, f"did you mean {one_of(near)}?" if near else ALL_NAMES


def _suggest(name: Name) -> str:
    """Say what was perhaps meant: what begins so, or is spelled alike, or has it in it."""
    text = spelled(name.text.rpartition("/")[2])
    names = _names()
    near = _beginning(text, names) or near_words(text, names) or _containing(text, names)
    if near:
        return f"did you mean {one_of(near[:3])}? {ALL_NAMES}"
    family = _beginning_alike(text)
    if family is None:
        return ALL_NAMES
    return f"archi has {one_of([*family.catalogue[:3]])} of that family; `archi info {family.name}`"


def _names() -> list[str]:
    presets = (preset for each in families() for preset in each.presets)
    return list(dict.fromkeys([*catalogue(), *presets]))


def _beginning(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that begin with a text."""
    text = bare(text)
    return [each for each in names if bare(each).startswith(text)] if len(text) > 1 else []


def _containing(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that have a text somewhere in them."""
    text = bare(text)
    return [each for each in names if text in bare(each)] if len(text) > 1 else []


def _beginning_alike(text: str) -> Family | None:
    """Return the family whose names' beginning is the longest that a text has."""
    starts = [(bare(start), each) for each in families() for start in each.starts]
    fitting = [(start, each) for start, each in starts if bare(text).startswith(start)]
    return max(fitting, key=lambda pair: len(pair[0]))[1] if fitting else None
