"""A `DTypePolicyMap` in a layer's config: which of its policies is the layer's.

Keras (keras/src/dtype_policies/dtype_policy_map.py) asks the map for the layer's path: first
as it is, then as what exactly one key matches as a regular expression; else it takes the
default. The path is known once the layer is built, and of a layer that a file says was built
it is its name. One that Keras builds when it is constructed has no path, and the default.
"""

from __future__ import annotations

from typing import Any

from archi.errors import LayerError

MAP = "DTypePolicyMap"
_ANY = ".*"
_SPECIAL = frozenset("\\^$*+?{}[]|().")


def with_one_policy(document: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's document with one dtype policy where it has a map of several.

    Raises LayerError where the file alone does not say which.
    """
    config = document.get("config")
    given = config.get("dtype") if isinstance(config, dict) else None
    if not isinstance(given, dict) or given.get("class_name") != MAP:
        return document
    return {**document, "config": {**document["config"], "dtype": _policy(document, given)}}


def _policy(document: dict[str, Any], given: dict[str, Any]) -> Any:
    from archi.layers import layer_class

    try:
        twin = layer_class(str(document.get("class_name")))
    except KeyError:
        return given
    inside = given.get("config")
    policies = inside.get("policy_map") if isinstance(inside, dict) else None
    if not isinstance(inside, dict) or not isinstance(policies, dict):
        raise LayerError(f"its dtype is a {MAP} without a policy_map")
    if twin.composed:
        raise LayerError(f"its dtype is a {MAP}, for layers in it that only Keras makes")
    if twin.has_build_config:
        if not document.get("build_config"):
            raise LayerError(f"its dtype is a {MAP}, and the file does not say that it is built")
        key = _key(policies, str(document["config"].get("name")))
        if key is not None:
            return policies[key]
    return inside.get("default_policy")


def _key(policies: dict[str, Any], path: str) -> str | None:
    """Return the key for a path, None where there is none. Raises LayerError."""
    if path in policies:
        return path
    found = [key for key in policies if _matches(key, path)]
    if len(found) > 1:
        raise LayerError(f"its dtype is a {MAP} of which several keys match its path")
    return found[0] if found else None


def _matches(pattern: str, path: str) -> bool:
    """Whether a path is what a pattern says, which has nothing but text and `.*`.

    No expression from a file is run: one can take forever.
    """
    first, *others = pattern.split(_ANY)
    if any(_SPECIAL.intersection(part) for part in (first, *others)) or not path.isprintable():
        raise LayerError(f"its dtype is a {MAP} with a pattern that archi does not match")
    if not others:
        return pattern == path
    *between, last = others
    if not path.startswith(first) or not path.endswith(last):
        return False
    at, end = len(first), len(path) - len(last)
    for part in between:
        found = path.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end
