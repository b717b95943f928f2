"""Models from ONNX's text format."""

import pytest

from exactcnn.errors import InputError
from exactcnn.interop.onnx import widths_from_onnx


@pytest.fixture
def parse():
    """Return a function from text to a model.

    The text is that of a graph, `g (inputs) => (outputs) <values> {nodes}`, and of local functions after it. A declared
    value that no node computes becomes an initializer whose data are in a file that is not there. Nodes are named after
    their first output.
    """
    onnx = pytest.importorskip("onnx")

    def make(text, version=17):
        domains = {"": version, "com.microsoft": 1, "ai.onnx.ml": 3, "local": 1}
        imports = ", ".join(f'"{domain}" : {number}' for domain, number in domains.items())
        model = onnx.parser.parse_model(f"<ir_version: 8, opset_import: [{imports}]> {text}")
        graph = model.graph
        made = {name for each in graph.node for name in each.output}
        declared = list(graph.value_info)
        del graph.value_info[:]
        for value in declared:
            if value.name in made:
                graph.value_info.append(value)
                continue
            tensor = value.type.tensor_type
            weights = graph.initializer.add(name=value.name, data_type=tensor.elem_type)
            weights.dims.extend(size.dim_value for size in tensor.shape.dim)
            weights.data_location = onnx.TensorProto.EXTERNAL
            weights.external_data.add(key="location", value="weights.bin")
        for each in graph.node:
            each.name = each.name or each.output[0]
        return model

    return make


@pytest.fixture
def read(parse, tmp_path):
    """Return a function from text, or a model, to its layers."""
    import onnx

    def run(text, **options):
        model = parse(text, **options) if isinstance(text, str) else text
        onnx.save(model, tmp_path / "model.onnx")
        return widths_from_onnx(tmp_path / "model.onnx")

    return run


@pytest.fixture
def shapes(read):
    """Return a function from text to the shapes of layers by name."""
    return lambda text, **options: {each.name: each.shape for each in read(text, **options)}


@pytest.fixture
def refusal(read):
    """Return a function from text to the one line with which it is refused, without the name of the file."""

    def run(text, **options):
        with pytest.raises(InputError) as caught:
            read(text, **options)
        assert str(caught.value).count("\n") == 0
        return str(caught.value).partition("model.onnx: ")[2]

    return run
