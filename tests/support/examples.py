"""Model files that the docs speak of, made where a command shown there names them."""

from __future__ import annotations

import json
from pathlib import Path

from archi import Graph
from archi.bridge.config import functional_json
from archi.graph import building
from archi.layers import LSTM, Dense, Embedding, Input, MultiHeadAttention
from support import hostile


def downloaded(path: Path) -> None:
    """What could come with a model from somewhere."""
    get = hostile.function("get_file", "keras.utils")
    document = hostile.model(
        hostile.layer("StringLookup", "words", vocabulary="/etc/passwd"),
        hostile.layer("Lambda", "scale", function=hostile.as_lambda()),
        hostile.layer("Lambda", "fetch", function=get, arguments={"origin": "http://a.test"}),
        hostile.dense(),
    )
    hostile.archive(path, document, h5=hostile.weights(hostile.external_link))


def trained(path: Path) -> None:
    hostile.archive(path, hostile.model(hostile.dense()))


def custom(path: Path) -> None:
    mine = hostile.layer("Gate", "gate", module="mylab.layers")
    path.write_text(json.dumps(hostile.model({**mine, "registered_name": "mylab>Gate"})))


def tensors(path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))


def translation(path: Path) -> None:
    """A small network from one sequence to another."""
    with building():
        source, target = Input((None,), name="src"), Input((None,), name="tgt")
        x, y = Embedding(500, 32, name="words")(source), Embedding(500, 32, name="said")(target)
        y = MultiHeadAttention(4, 8, name="attention")(y, x)
        y = LSTM(32, return_sequences=True, name="lstm")(y)
        graph = Graph([source, target], Dense(500, name="next")(y), name="translation")
    path.write_text(functional_json(graph))


FILES = {
    "translation.json": translation,
    "downloaded.keras": downloaded,
    "trained.keras": trained,
    "custom.json": custom,
    "model.safetensors": tensors,
}


def make(words: list[str], folder: Path) -> None:
    """Make those of the files that a command names."""
    for word in words:
        if word in FILES:
            FILES[word](folder / word)
