"""Networks that can be taken apart, changed in known places and put together again."""

from __future__ import annotations

from contextlib import ExitStack

import archi.layers
from archi import Graph
from archi.diff._sides import is_automatic
from archi.graph import building, scope


class Step:
    """One layer and what it reads: indices of steps."""

    def __init__(self, kind, args, name, reads, path=(), listed=False):
        self.kind, self.args, self.name = kind, args, name
        self.reads, self.path, self.listed = list(reads), path, listed
        self.touched = False  # by a mutation, or next to one


class Plan:
    """A network as steps in the order they are called; a name of None is automatic."""

    def __init__(self, steps, outputs):
        self.steps = steps  # key → Step; a key is a number, in-between ones are fractions
        self.outputs = outputs
        self.made = 0
        self.known = None, {}

    @classmethod
    def of(cls, graph):
        nodes = sorted(graph.nodes, key=lambda node: node.serial)
        number = {node: float(i) for i, node in enumerate(nodes)}
        steps = {}
        for node in nodes:
            chain = node.scope.chain if node.scope else ()
            steps[number[node]] = Step(
                node.layer.class_name,
                {k: node.layer.arguments[k].kind.write(v) for k, v in node.layer.values().items()},
                None if is_automatic(node.layer) else node.layer.name,
                [number[tensor.node] for tensor in node.inputs],
                tuple((each.name, each.kind) for each in chain),
                node.listed,
            )
        return cls(steps, [number[tensor.node] for tensor in graph.outputs])

    def build(self):
        """Return the graph and the name each step got."""
        tensors, names = {}, {}
        with building():
            for key in sorted(self.steps):
                step = self.steps[key]
                with ExitStack() as stack:
                    for name, kind in step.path:
                        stack.enter_context(scope(name, kind))
                    tensors[key], names[key] = self._call(step, tensors)
            inputs = [tensors[key] for key, step in sorted(self.steps.items()) if not step.reads]
            return Graph(inputs, [tensors[key] for key in self.outputs]), names

    def _call(self, step, tensors):
        if not step.reads:
            shape, *_ = (step.args["batch_shape"],)
            tensor = archi.layers.Input(shape[1:], name=step.name)
            return tensor, tensor.node.layer.name
        layer = getattr(archi.layers, step.kind)(**step.args, name=step.name)
        read = [tensors[key] for key in step.reads]
        return layer(read if step.listed else read[0]), layer.name

    # --- what can be asked ------------------------------------------------------------

    def readers(self, key):
        """Every (step, position) that reads a step."""
        return self.all_readers().get(key, [])

    def all_readers(self):
        wiring = tuple((key, *step.reads) for key, step in self.steps.items())
        if self.known[0] != wiring:
            readers = {}
            for reader, *reads in wiring:
                for position, read in enumerate(reads):
                    readers.setdefault(read, []).append((reader, position))
            self.known = wiring, readers
        return self.known[1]

    def free(self, *keys):
        return not any(self.steps[key].touched for key in keys)

    def touch(self, *keys):
        """Keep other mutations away from these steps and their neighbours."""
        for key in keys:
            around = [*self.steps[key].reads, *(reader for reader, _ in self.readers(key))]
            for each in (key, *around):
                self.steps[each].touched = True

    # --- mutations; each returns what a diff should find --------------------------------

    def change(self, key, argument, value):
        self.steps[key].args = {**self.steps[key].args, argument: value}
        self.touch(key)
        return [("changed", key, argument)]

    def rename(self, key):
        self.made += 1
        self.steps[key].name = f"renamed_{self.made}"
        self.touch(key)
        return [("renamed", key, "")]

    def insert(self, reader, position, named):
        """Put a layer on an edge."""
        self.touch(reader)
        key = self._add(
            "Activation",
            {"activation": "tanh"},
            [self.steps[reader].reads[position]],
            reader,
            named,
        )
        self.steps[reader].reads[position] = key
        self.touch(key)
        return [("added", key, "")]

    def branch(self, reader, position, named):
        """Add to what a layer reads something computed from it."""
        self.touch(reader)
        read = self.steps[reader].reads[position]
        side = self._add("Activation", {"activation": "tanh"}, [read], reader, named)
        both = self._add("Add", {}, [read, side], reader, named)
        self.steps[reader].reads[position] = both
        self.touch(side, both)
        return [("added", side, ""), ("added", both, "")]

    def _add(self, kind, args, reads, reader, named):
        self.made += 1
        key = reader - 0.4 + 0.001 * self.made  # after all it reads, and never used before
        name = f"inserted_{self.made}" if named else None
        self.steps[key] = Step(kind, args, name, reads, self.steps[reader].path, kind == "Add")
        return key

    def remove(self, key):
        """Let the readers of a layer read what it read."""
        self.touch(key)
        for reader, position in list(self.readers(key)):
            self.steps[reader].reads[position] = self.steps[key].reads[0]
        del self.steps[key]
        return [("removed", key, "")]

    def rewire(self, reader, position, source):
        self.touch(reader, source, self.steps[reader].reads[position])
        self.steps[reader].reads[position] = source
        return [("moved", reader, "")]
