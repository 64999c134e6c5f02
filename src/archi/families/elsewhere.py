"""Names that other libraries give to networks: how they are written, and what their parts say.

A family says in `elsewhere` what its networks are called in each library. Their names come
bare (`mobilenetv2_100`), with the library before them (`torchvision.models.resnet50`,
`timm/resnet50.a1_in1k`) or, at Hugging Face, with an owner (`microsoft/resnet-50`). In timm a
tag behind a point says which weights; what those were trained on gives the classes, and often
the image size, of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HUGGING_FACE = "Hugging Face"
KERAS = "Keras"
LIBRARIES = (KERAS, "torchvision", "timm", HUGGING_FACE)
QUALIFIERS = {  # what may stand before a name, and whose it is then
    "tf.keras.applications.": KERAS,
    "keras.applications.": KERAS,
    "torchvision.models.": "torchvision",
    "torchvision/": "torchvision",
    "timm/": "timm",
}
CLASSES = {"in1k": 1000, "in12k": 11821, "in21k": 21843, "in22k": 21841}  # of ImageNet's subsets
UNTRAINED = "untrained"  # the tag of networks without weights
WITHOUT = ("orig_in21k", "miil_in21k")  # weights without a classifier, or with a smaller one
IGNORED = "-_ ()"  # characters of a name that say nothing


class Name(NamedTuple):
    """A name as it was written; `library` is "" where it could be anybody's."""

    text: str
    library: str = ""
    tag: str = ""


def read_name(text: str) -> Name:
    """Take a name apart: the library, if it is said, the name there, and timm's tag."""
    lowered = text.strip().lower()
    for start, library in QUALIFIERS.items():
        if lowered.startswith(start):
            name = lowered.removeprefix(start)
            if library == KERAS:
                return Name(name.rpartition(".")[2], library)
            return Name(*_split_tag(name)) if library == "timm" else Name(name, library)
    if lowered.rpartition("/")[2][:1].isalpha() and "/" in lowered:  # ViT-B/16 has no owner
        return Name(lowered, HUGGING_FACE)
    tagged = _split_tag(lowered)
    return tagged if tagged.tag else Name(lowered)


def is_qualified(text: str) -> bool:
    """Whether a name says which library's it is."""
    return text.strip().lower().startswith(tuple(QUALIFIERS))


def _split_tag(text: str) -> Name:
    """Split at the point before a tag. A point within a number is none: `mnasnet1.0`."""
    name, _, tag = text.partition(".")
    return Name(name, "timm", tag) if tag[:1].isalpha() else Name(text, "timm")


def find_name(wanted: Name, tables: Mapping[str, Mapping[str, str]]) -> str:
    """Return the spec that a name means in the tables of a family, "" where it means none.

    A name that nobody is said to have given is looked for in every library's.
    """
    for library in LIBRARIES:
        if wanted.library not in ("", library):
            continue
        names = {spelled(name): spec for name, spec in tables.get(library, {}).items()}
        if wanted.tag and (spec := names.get(spelled(f"{wanted.text}.{wanted.tag}"))):
            return spec
        if spec := names.get(spelled(wanted.text)):
            return _with_tag(spec, wanted.tag) if wanted.tag else spec
    return ""


def _with_tag(spec: str, tag: str) -> str:
    """Return a spec with the classes and the image size that a tag of timm says, or "".

    `fb_in22k_ft_in1k_384` were trained on 22k classes, then on 1k, of images of 384×384.
    """
    if tag == UNTRAINED:
        return spec
    *words, last = tag.split("_")
    sides = [word.removeprefix("r") for word in words if word[:1] == "r" and word[1:].isdigit()]
    if len(last) == 3 and last.isdigit():
        sides.append(last)
        last = words[-1] if words else ""
    if last not in CLASSES or tag in WITHOUT or ("clip" in words and not sides):
        return ""  # the classifier or the images are not those that the words say
    spec = _with(spec, "classes", str(CLASSES[last]))
    return _with(spec, "input", f"{sides[-1]}x{sides[-1]}x3") if sides else spec


def _with(spec: str, key: str, value: str) -> str:
    name, *options = spec.split(",")
    kept = [option for option in options if not option.startswith(f"{key}=")]
    return ",".join([name, *kept, f"{key}={value}"])


def spelled(name: str) -> str:
    """Return a name without case, as it is compared: `-` and `_` are the same."""
    return name.lower().replace("_", "-")


def bare(name: str) -> str:
    """Return a name without case and without the characters that say nothing."""
    return "".join(c for c in name.lower() if c not in IGNORED)
