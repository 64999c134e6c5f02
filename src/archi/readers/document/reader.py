"""A model's config, as Keras writes it, → Graph.

A functional or Sequential document is read into a `DeclaredModel`: its layers as twins, its
calls in an order in which each finds its inputs. Running through the calls makes the
graph; a model called inside another is run through at that place, its layers named
`outer/inner`, once for every call of it.

Nothing is looked up by the names in a document but twins. A layer without a twin, or one
whose twin does not take what the document says, becomes an `OpaqueLayer`, with the shapes
that the document records where others read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archi.errors import LayerError, ReadError, quote
from archi.graph import UNKNOWN, Graph, Inference, Node, Shape, Weight, building, tensors_in
from archi.layers import layer_class
from archi.readers._weights import Weights
from archi.readers.document._calls import Outputs
from archi.readers.document._inputs import INPUT, plain_input
from archi.readers.document._legacy import with_layers
from archi.readers.document._model import DeclaredModel
from archi.readers.document._places import Place, check_length, config_name, name_of
from archi.readers.document._policies import with_one_policy
from archi.readers.document._tensorflow import FunctionLayer, is_function
from archi.readers.document.coded import coded_graph
from archi.readers.document.functional import Functional
from archi.readers.document.held import HeldModel, within
from archi.readers.document.sequential import Sequential
from archi.settings import Settings
from archi.twin.layer import Layer
from archi.twin.opaque import OpaqueLayer, reason
from archi.twin.serial import read_node
from archi.twin.wrapping import Holder

NESTING = 40  # models in models
CALLS = 51_000  # of layers; models that are called twice in models called twice have many
_UNCALLED = "nothing in the file calls it"
MODELS = ("Functional", "Sequential", "Model")  # Keras's own; the last of old versions
ENDS = ("input_layers", "output_layers")
HELD = ("layer", "layers")  # arguments of layers that others may be among


def build_graph(
    document: Any,
    *,
    title: str,
    settings: Settings | None = None,
    weights: Weights | None = None,
) -> Graph:
    """Return the network that a model's document describes.

    `weights` finds the weights that the file holds for layers archi does not know. Raises
    ReadError where the document describes no network, GraphError for one beyond archi's
    limits.
    """
    reader = Reader(settings or Settings(), weights or Weights())
    with building() as build:
        build.limit = CALLS
        model = reader.model(document, Place())
        if model is None:
            if not document.get("class_name"):
                raise ReadError("the file describes no Keras model: it has no class_name")
            return coded_graph(document, title, reader.settings, reader.weights)
        return reader.graph(model, title)


def layer_of(document: dict[str, Any]) -> Layer:
    """Return the twin of the layer or operation that a document describes.

    Raises LayerError for what archi does not know, ReadError for what is no document.
    """
    reader = Reader(Settings(), Weights())
    return read_node(reader.with_models(document, Place()))


class Reader:
    """What the models of one document share: objects by their id, settings, weights."""

    def __init__(self, settings: Settings, weights: Weights, *, held: bool = False) -> None:
        self.settings = settings
        self.weights = weights
        self.held = held  # whether a layer holds the model; nothing in it may be unknown then
        self.opened: list[Shape] = []  # what the inputs were before sizes were set
        self.legacy = False  # whether the document is of Keras 2 or a legacy format
        self.shared: dict[Any, Any] = {}  # layers and models by their shared_object_id
        self.places: dict[Layer, Place] = {}  # of a layer in several models, the first

    def model(self, document: Any, place: Place) -> DeclaredModel | None:
        """Return a model's document as a model, None where it describes no layers."""
        document = with_layers(document)
        if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
            raise ReadError("the file describes no Keras model: it has no class_name and config")
        _check_whole(document)
        if len(place.names) > NESTING:
            raise ReadError(f"models are nested more than {NESTING} deep")
        kind = _kind(document)
        return kind(self, document, place) if kind else None

    def member(self, document: dict[str, Any], place: Place) -> Layer | DeclaredModel:
        """Return a layer's document as a twin, a model, or an opaque layer."""
        check_length(str(document.get("class_name")))
        identity = document.get("shared_object_id")
        if isinstance(identity, int) and self.shared.get(identity) is not None:
            found: Layer | DeclaredModel = self.shared[identity]
            return found
        member = self.model(document, place) or self._layer(document, place)
        if isinstance(identity, int):
            self.shared[identity] = member
        return member

    def _layer(self, document: dict[str, Any], place: Place) -> Layer:
        layer: Layer
        named = _named(document)
        if is_function(document):
            return self._placed(FunctionLayer(document), place)
        try:
            layer = read_node(self.with_models(with_one_policy(named), place))
        except LayerError as error:
            why = reason(error, config_name(named), str(document.get("class_name")))
            if document.get("class_name") == INPUT:
                layer = plain_input(document)
            elif self.held:
                raise LayerError(within(name_of(document), why)) from None
            else:
                layer = OpaqueLayer(document, why)
        return self._placed(layer, place)

    def _placed(self, layer: Layer, place: Place) -> Layer:
        """Return a layer as one of the model at this place."""
        layer.name = place.path
        self.places[layer] = place
        if place.frozen:
            layer.trainable = False
        return layer

    def with_models(self, document: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return a layer's document with the models that it holds, if any, as layers.

        Raises LayerError where such a model can't be one.
        """
        config = document.get("config")
        if not isinstance(config, dict) or not _is_holder(document.get("class_name")):
            return document
        held = {key: self._held(config[key], place, key) for key in HELD if key in config}
        return {**document, "config": {**config, **held}}

    def _held(self, value: Any, place: Place, key: str) -> Any:
        if isinstance(value, list):
            return [self._held(item, place, key) for item in value]
        value = with_layers(value)
        if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
            return value
        _check_whole(value)
        inside = place.inside(name_of(value), f"{place.store}/{key}")
        if _kind(value) is None:
            return self.with_models(value, inside)
        return self._model_layer(value, inside)

    def _model_layer(self, document: dict[str, Any], place: Place) -> HeldModel:
        identity = document.get("shared_object_id")
        if isinstance(identity, int):
            if identity in self.shared:
                raise LayerError("the model in it is elsewhere in the network as well")
            self.shared[identity] = None
        model = Reader(Settings(), self.weights, held=True).model(document, place)
        assert model is not None
        if len(model.entries) != 1:
            raise LayerError(f"the model in it has {len(model.entries)} inputs")
        return HeldModel(model, build_graph)

    def weights_of(self, layer: Layer) -> tuple[Weight, ...] | None:
        """Return the weights that the file has for a layer, None where it does not say."""
        place = self.places[layer]
        if not place.store:  # an operation
            return ()
        return self.weights.of(place.store, place.names, layer.trainable)

    def _add_uncalled(self, layer: Layer) -> None:
        """Have a layer that nothing calls among the others, with the weights in the file."""
        weights = self.weights_of(layer)
        layer.stands_alone = True
        node = Node(layer, (), {}, Inference((UNKNOWN,), weights, None, None, _UNCALLED))
        layer.nodes.append(node)

    def graph(self, model: DeclaredModel, title: str) -> Graph:
        """Return the graph of the outermost model."""
        inputs = model.source()
        outputs = model.run(inputs)
        for layer in model.all_layers():
            if not layer.nodes and layer.class_name != INPUT:  # some inputs make tensors anew
                self._add_uncalled(layer)
        unread = _unread(model.all_layers(), tensors_in(outputs))
        graph = Graph(inputs, outputs, name=model.name, title=title, unread=unread)
        if model.nests:  # layers in the order of the file, each model's where the model is
            reached = set(graph.layers)
            listed = [layer for layer in model.all_layers() if layer in reached]
            made = {tensor.node.layer for tensor in graph.inputs}.difference(listed)
            graph.layers = [layer for layer in graph.layers if layer in made] + listed
        graph.opened = tuple(self.opened)
        graph.hides_input = isinstance(model, Sequential)
        graph.data_format = data_format_of(graph)
        return graph


def _kind(document: dict[str, Any]) -> type[DeclaredModel] | None:
    """Return how a document is to be read: a graph, a list of layers, or a layer."""
    config = document["config"]
    if not isinstance(config.get("layers"), list):
        return None
    if all(key in config for key in ENDS):
        return Functional
    return Sequential if document.get("class_name") == "Sequential" else None


def _check_whole(document: dict[str, Any]) -> None:
    """Raise ReadError for a model's document that says what it can't mean.

    A class of people's own may have a config with `layers` in it that means anything.
    """
    name, config = document.get("class_name"), document["config"]
    if "class_name" in document and not isinstance(name, str):
        raise ReadError(f"a class_name in the file is no text, but {quote(str(name)[:80])}")
    layers = config.get("layers")
    if name not in MODELS and not all(key in config for key in ENDS):
        return
    if layers is not None and not isinstance(layers, list):
        raise ReadError(f"the layers of {quote(name_of(document, 'model'))} are not a list")
    if layers is None and name in ("Functional", "Sequential"):
        raise ReadError(f"the {name} model in the file lists no layers")


def _is_holder(class_name: Any) -> bool:
    """Whether a class of layer holds another."""
    try:
        return issubclass(layer_class(str(class_name)), Holder)
    except KeyError:
        return False


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's document with a name that Keras 3 takes: Keras 2 had others, too."""
    config = document.get("config")
    if not isinstance(config, dict) or "/" not in str(config.get("name")):
        return document
    return {**document, "config": {**config, "name": str(config["name"]).replace("/", ".")}}


def _unread(layers: Iterator[Layer], outputs: Outputs) -> Outputs:
    """Return what these layers make that none of them reads, and is no output.

    Calls of which something is read are there anyway, as are inputs.
    """
    nodes = [node for layer in layers if layer.class_name != INPUT for node in layer.nodes]
    read = {tensor.node for node in nodes for tensor in node.inputs}
    read |= {tensor.node for tensor in outputs}
    return tuple(tensor for node in nodes if node not in read for tensor in node.outputs)


def data_format_of(graph: Graph) -> str:
    """Return the data format of most layers that have one."""
    formats = [getattr(layer, "data_format", None) for layer in graph.layers]
    first = formats.count("channels_first")
    return "channels_first" if first > formats.count("channels_last") else "channels_last"
