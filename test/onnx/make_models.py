"""Writes small models into the folder that is given, each with parts of the format that exporters seldom use."""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = Path(sys.argv[1])
opsets = [helper.make_opsetid("", 21), helper.make_opsetid("my", 1)]


def value(name, kind=TensorProto.FLOAT, shape=("N", 3)):
    return helper.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, initializers=(), functions=(), change=None, **graph):
    made = helper.make_graph(nodes, name, inputs, outputs, list(initializers), **graph)
    model = helper.make_model(made, opset_imports=opsets, functions=list(functions), ir_version=10)
    if change:
        change(model)
    onnx.save(model, folder / f"{name}.onnx")


def data_types():
    tensors = []
    for name, kind in TensorProto.DataType.items():
        if kind in (TensorProto.UNDEFINED, TensorProto.STRING):
            continue
        elements = [1.0, 0.0, 1.0, 1.0]
        try:
            tensors.append(helper.make_tensor(f"{name}_field", kind, [4], elements))
        except Exception as error:  # a type that this version of onnx cannot make
            print(name, error, file=sys.stderr)
            continue
        raw = np.asarray(numpy_helper.to_array(tensors[-1]))
        tensors.append(numpy_helper.from_array(raw, f"{name}_raw"))
    tensors.append(helper.make_tensor("text", TensorProto.STRING, [2], [b"a\xff", b""]))
    save("data_types", [], [], [], tensors)


def control_flow():
    inner = helper.make_graph([helper.make_node("Add", ["x", "x"], ["t"])], "then", [], [value("t")])
    other = helper.make_graph([helper.make_node("Identity", ["x"], ["e"])], "else", [], [value("e")])
    branch = helper.make_node("If", ["condition"], ["y"], then_branch=inner, else_branch=other, doc_string="doc")
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Add", ["s", "y"], ["s2"])],
        "body",
        [value("i", TensorProto.INT64, []), value("c", TensorProto.BOOL, []), value("s")],
        [value("c2", TensorProto.BOOL, []), value("s2")],
    )
    loop = helper.make_node("Loop", ["", "condition", "x"], ["z"], body=body)
    save("control_flow", [branch, loop], [value("x"), value("condition", TensorProto.BOOL, [])], [value("z")])


def attributes():
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("v", TensorProto.FLOAT, [1], [2.0]), helper.make_tensor("i", TensorProto.INT64, [1], [3]), [5]
    )
    node = helper.make_node(
        "Many",
        ["x"],
        ["y"],
        domain="my",
        a_float=-0.0,
        an_int=-(2**63),
        a_string=b"\xff",
        floats=[0.5, float("nan"), float("inf")],
        ints=[2**60 + 3, -5],
        strings=["a", "é"],
        tensor=helper.make_tensor("t", TensorProto.INT4, [3], [1, -8, 7]),
        graphs=[helper.make_graph([], "g", [], [])],
        sparse=sparse,
        type=helper.make_tensor_type_proto(TensorProto.FLOAT, [None, "N", 3]),
        types=[helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(1, [])))],
    )
    node.attribute.append(helper.make_attribute("none", [], attr_type=onnx.AttributeProto.INTS))

    def change(model):
        model.graph.sparse_initializer.append(sparse)
        model.metadata_props.add(key="k", value="v")
        model.graph.node[0].metadata_props.add(key="pkg", value="torch")
        model.graph.input[0].metadata_props.add(key="k", value="v")

    save("attributes", [node], [value("x")], [value("y")], change=change)


def functions():
    node = helper.make_node("Elu", ["a"], ["b"])
    node.attribute.append(helper.make_attribute_ref("alpha", onnx.AttributeProto.FLOAT))
    function = helper.make_function(
        "my", "F", ["a"], ["b"], [node], opsets[:1], ["gamma"], [helper.make_attribute("alpha", 0.25)],
        overload="o", value_info=[value("a")],
    )
    call = helper.make_node("F", ["x"], ["y"], domain="my", overload="o", gamma=1)
    save("functions", [call], [value("x")], [value("y")], functions=[function])


def parallel_training():
    def change(model):
        step = model.training_info.add()
        step.algorithm.node.append(helper.make_node("Sub", ["w", "g"], ["w2"]))
        step.initialization.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [2], [1, 2]))
        step.update_binding.add(key="w", value="w2")
        model.configuration.add(name="c", num_devices=2, device=["cuda:0", "cuda:1"])
        placed = model.graph.node[0].device_configurations.add(configuration_id="c", pipeline_stage=1)
        sharding = placed.sharding_spec.add(tensor_name="x", device=[0, 1])
        sharding.index_to_device_group_map.add(key=-1, value=[0, 1])
        sharding.sharded_dim.add(axis=-1).simple_sharding.add(dim_value=2, num_shards=2)
        note = model.graph.quantization_annotation.add(tensor_name="x")
        note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="s")

    save("parallel_training", [helper.make_node("Relu", ["x"], ["y"])], [value("x")], [value("y")], change=change)


for make in (data_types, control_flow, attributes, functions, parallel_training):
    make()
