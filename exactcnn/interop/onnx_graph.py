"""One walk through the graph of an ONNX model: what every value depends on, and the layers."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exactcnn.display import times
from exactcnn.errors import InputError
from exactcnn.interop.onnx_inference import (
    Step,
    Value,
    as_standard,
    check_schema,
    constants,
    declared_sizes,
    output_contents,
    output_types,
    sizes,
)
from exactcnn.interop.onnx_operators import DOUBTFUL, layer_kind
from exactcnn.interop.onnx_shapes import Sizes
from exactcnn.network.shapes import LayerWidth

_BRANCHES = ("else_branch", "then_branch")


@dataclass(frozen=True)
class Found:
    """A layer, with the batch among its sizes, or what is one only if it is `sure`."""

    layer: LayerWidth
    sure: bool


@dataclass(frozen=True)
class Walk:
    """How to walk through the graphs of a model.

    Parameters
    ----------
    versions : mapping
        Of the sets of operators, by domain; that of the standard is empty.
    ir_version : int
    functions : set of (str, str)
        Domains and names of local functions, which are inlined before; one that is still called is refused.
    declared : bool
        Whether to compare what comes out with the declared shapes.
    within : str
        In a body that is not passed exactly once, the title of its node: a layer is refused there.
    """

    versions: Mapping[str, int]
    ir_version: int
    functions: frozenset[tuple[str, str]] = frozenset()
    declared: bool = True
    within: str = ""

    def layers(self, graph: Any, inputs: Mapping[str, Value]) -> tuple[LayerWidth, ...]:
        """Return the layers of the main graph, with the batch among their sizes.

        Raises
        ------
        InputError
            As `graph`; also for a product that is wider than all layers, and may be one in disguise.
        """
        _, found = self.graph(graph, inputs)
        layers = tuple(each.layer for each in found if each.sure)
        widest = max((layer.width for layer in layers), default=0)
        for doubtful in found:
            if doubtful.layer.width > widest:
                raise InputError(
                    f"{doubtful.layer.name} is a product wider than all layers, and may hold weights; "
                    "expected MatMul or Conv with weights that do not depend on the input"
                )
        return layers

    def graph(self, graph: Any, given: Mapping[str, Value]) -> tuple[Mapping[str, Value], list[Found]]:
        """Return the values of a graph by name, and what it holds of layers.

        Parameters
        ----------
        graph : onnx.GraphProto
        given : mapping
            Its inputs, and the values around it.

        Raises
        ------
        InputError
            For a node that cannot be judged, a graph that is not in order, and a declared shape that contradicts.
        """
        values = ChainMap[str, Value]({}, dict(given))
        layers: list[Found] = []
        _define(values, constants(graph))
        for index, node in _needed(graph):
            outputs, found = self._node(node, index, values)
            _define(values, zip(node.output, outputs, strict=True))
            layers += found
        for declaration in (*graph.input, *graph.value_info, *graph.output):
            if self.declared and declaration.name in values:
                _compare(declaration, values[declaration.name])
        return values, layers

    def _node(self, node: Any, index: int, values: Mapping[str, Value]) -> tuple[Sequence[Value], Sequence[Found]]:
        names = (node.name, node.op_type, node.domain, *node.input, *node.output)
        if not all(isinstance(name, str) for name in names):  # bytes, where they are no UTF-8
            raise InputError(f"node {index} has a name that is no text")
        title = node.name or f"{node.op_type} (node {index})"
        unknown = next((name for name in node.input if name and name not in values), None)
        if unknown is not None:
            raise InputError(f"{title} reads {unknown}, which is not known before it; expected a graph in order")
        step = Step(node, [values[name] if name else None for name in node.input])
        if (node.domain, node.op_type) in self.functions:
            raise InputError(f"{title} calls the function {node.op_type}, which could not be inlined")
        if step.domain not in self.versions:
            raise InputError(f"{title} is of the domain {step.domain or 'ai.onnx'}, which the model does not import")
        bodies = {each.name: each.g for each in node.attribute if each.HasField("g")}
        known = _merged(values.get(name) for name in _read(node))
        if step.domain == "" and bodies:
            return self._control(step, title, bodies, values, known)
        return self._operator(step, index, title, known)

    def _operator(self, step: Step, index: int, title: str, known: Value) -> tuple[Sequence[Value], Sequence[Found]]:
        kind = None
        if step.domain == "" and step.operator in ("Shape", "Size"):
            known = Value(known.type)  # no data: the same for all samples
        try:
            plain = as_standard(step)
            if known.data:
                check_schema(plain, self.versions, self.ir_version)
                kind = layer_kind(plain.domain, plain.operator, plain.operands, plain.attributes)
        except InputError as error:
            raise InputError(f"{title}: {error}") from None
        if kind:
            title = step.node.name or f"{kind} (node {index})"
        if kind and self.within:
            raise InputError(f"{title}: a layer within {self.within}; expected layers that are passed exactly once")
        try:
            types = output_types(plain, self.versions, self.ir_version)
        except InputError as error:
            raise InputError(f"the sizes of {title} do not follow from the model: {error}") from None
        if kind is None:
            contents = [None] * len(types) if known.data else output_contents(plain, types, self.versions.get("", 1))
            made = [replace(known, type=type_, content=each) for type_, each in zip(types, contents, strict=True)]
            return made, []
        number = _merged(plain.operands).number + (
            kind not in ("concatenation", DOUBTFUL)
        )  # without what a fused operator only adds
        known = replace(known, number=max(known.number, number))
        found = Found(LayerWidth(number, title, _fixed(title, types[0])), kind != DOUBTFUL)
        return [replace(known, type=type_) for type_ in types], [found]

    def _control(
        self, step: Step, title: str, bodies: Mapping[str, Any], values: Mapping[str, Value], known: Value
    ) -> tuple[Sequence[Value], Sequence[Found]]:
        """Follow a decided branch; search other bodies for layers."""
        condition = step.operands[0].content if step.operator == "If" and step.operands and step.operands[0] else None
        if condition is not None and condition.size == 1 and set(_BRANCHES) <= set(bodies):
            branch = bodies[_BRANCHES[bool(condition)]]
            inside, layers = self.graph(branch, values)
            outputs = [inside[output.name] for output in branch.output if output.name in inside]
            if len(outputs) != len(step.node.output):
                raise InputError(f"{title}: the outputs of the branch are not those of the node")
            return outputs, layers
        for body in bodies.values() if known.data else ():
            given = {each.name: known for each in body.input}
            replace(self, declared=False, within=title).graph(body, {**values, **given})
        return [known] * len(step.node.output), []


def _define(values: ChainMap[str, Value], new: Iterable[tuple[str, Value]]) -> None:
    for name, value in new:
        if name in values.maps[0]:
            raise InputError(f"{name} is computed twice; expected one source of every value")
        if name:  # the empty one is an output that is not wanted
            values[name] = value


def _merged(values: Iterable[Value | None]) -> Value:
    """What depends on these values, of unknown type."""
    import onnx

    present = [value for value in values if value is not None]
    return Value(
        onnx.TypeProto(),
        data=any(value.data for value in present),
        batch=any(value.batch for value in present),
        number=max((value.number for value in present), default=0),
    )


def _needed(graph: Any) -> Sequence[tuple[int, Any]]:
    """Nodes that the outputs depend on, with their indices; what leads nowhere is no part of the network."""
    wanted = {output.name for output in graph.output}
    needed = []
    for index, node in reversed(list(enumerate(graph.node))):
        if wanted & set(node.output) - {""}:
            needed.append((index, node))
            wanted.update(_read(node))
    return needed[::-1]


def _read(node: Any) -> Iterator[str]:
    """Names that a node reads, in its bodies at any depth too; there, some are of values within."""
    yield from node.input
    for body in (attribute.g for attribute in node.attribute if attribute.HasField("g")):
        yield from (output.name for output in body.output)
        for inner in body.node:
            yield from _read(inner)


def _fixed(title: str, type_: Any) -> tuple[int, ...]:
    shape = sizes(type_)
    if shape is None or any(size is None or size < 1 for size in shape):
        shown = "" if shape is None else f": {_shown(shape)}"
        raise InputError(f"the sizes of {title} do not follow from the model{shown}; expected fixed ones")
    return tuple(size for size in shape if size)


def _compare(declaration: Any, value: Value) -> None:
    """Refuse a declared shape that is not the computed one."""
    declared, found = declared_sizes(declaration.type), value.shape
    if declared is None or found is None:
        return
    pairs = zip(declared, found, strict=len(declared) == len(found))
    if len(declared) != len(found) or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise InputError(
            f"{declaration.name} is declared as {_shown(declared)}, but comes out as {_shown(found)}; "
            "expected a model without stale shapes"
        )


def _shown(shape: Sizes) -> str:
    return times(shape) or "one number"
