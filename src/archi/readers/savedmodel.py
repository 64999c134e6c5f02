"""A SavedModel folder of Keras 2: the config is in its `keras_metadata.pb`.

The target is the folder, or one of the two files in it. Of the graph, which TensorFlow runs,
nothing is read but the shapes of the variables, and that only for layers archi does not know.
"""

from __future__ import annotations

from typing import Any

from archi.containers.foreign import READ
from archi.containers.savedmodel import GRAPH, METADATA, ROOT, SEQUENTIAL, KerasObject, SavedModel
from archi.errors import ReadError, quote
from archi.readers._saved_weights import SavedWeights
from archi.readers._source import Source

SUFFIXES = ()
MAGIC = b"\x08\x01\x12"  # of saved_model.pb; a folder goes by its marks
MARKS = (METADATA, GRAPH)


def read(path: str) -> Source:
    """Return the model in a SavedModel folder. Raises ReadError."""
    model = SavedModel(path)
    objects = model.objects
    root = next((each for each in objects if each.number == ROOT), None)
    if root is None:
        held = f"; it holds {len(objects):,} layers of Keras, but is none" if objects else ""
        raise ReadError(
            f"{quote(path, 80)} is a SavedModel without Keras's config, TensorFlow's graph alone"
            f"{held}",
            hint=f"Keras 3's export() and tf.saved_model.save() write such; {READ}",
        )
    return Source(path, METADATA, _document(root), SavedWeights(model))


def _document(root: KerasObject) -> dict[str, Any]:
    """Return the model's document as `model.to_json()` of Keras 2 has it."""
    found = root.document()
    class_name = "Sequential" if root.identifier == SEQUENTIAL else found.get("class_name")
    document: dict[str, Any] = {"class_name": class_name, "config": found.get("config")}
    if not isinstance(document["config"], dict):  # a model that has no get_config
        document["config"] = {"name": found.get("name")}
    shape = found.get("build_input_shape")
    if isinstance(shape, list):
        document["build_config"] = {"input_shape": shape}
    return document
