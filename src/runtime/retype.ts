import {
  type Attribute,
  allGraphs,
  attribute,
  DataType,
  elementsOf,
  type Graph,
  type Model,
  Tensor,
  toFloat32,
  type ValueType,
  viewBytes,
} from "../ir/index.js";

/**
 * Types that onnxruntime-node cannot report or that its CPU kernels do not compute, and a type with the same shapes
 * that they do.
 */
const STAND_INS = new Map<DataType, DataType>([
  [DataType.BFLOAT16, DataType.FLOAT],
  [DataType.FLOAT16, DataType.FLOAT],
  [DataType.DOUBLE, DataType.FLOAT],
  [DataType.FLOAT8E4M3FN, DataType.UINT8],
  [DataType.FLOAT8E4M3FNUZ, DataType.UINT8],
  [DataType.FLOAT8E5M2, DataType.UINT8],
  [DataType.FLOAT8E5M2FNUZ, DataType.UINT8],
  [DataType.FLOAT8E8M0, DataType.UINT8],
  [DataType.FLOAT4E2M1, DataType.UINT8],
  [DataType.UINT4, DataType.UINT8],
  [DataType.INT4, DataType.INT8],
  [DataType.UINT2, DataType.UINT8],
  [DataType.INT2, DataType.INT8],
]);

/** Integer attributes that hold a number of TensorProto.DataType. */
const TYPE_ATTRIBUTES = ["to", "dtype", "output_dtype"];

/** The type that stands for `type` in a retyped model. */
export function standIn(type: DataType): DataType {
  return STAND_INS.get(type) ?? type;
}

/** Changes every rare type in a probe model, in place, to its stand-in; shapes stay as they are. */
export function retypeModel(model: Model): void {
  for (const root of [model.graph, ...model.functions.map((body) => body.graph)]) {
    for (const graph of allGraphs(root)) retypeGraph(graph);
  }
}

function retypeGraph(graph: Graph): void {
  for (const { name, initializer } of graph.initializers) {
    if (initializer) graph.setInitializer(name, retypeTensor(initializer));
  }
  for (const value of graph.values) {
    if (value.info?.type) value.info = { ...value.info, type: retypeType(value.info.type) };
  }
  for (const node of graph.nodes) {
    for (const item of node.attributes.values()) {
      const changed = retypeAttribute(item);
      if (changed !== item) node.setAttribute(changed);
    }
  }
}

function retypeAttribute(item: Attribute): Attribute {
  if (item.kind === "tensor") return { ...item, value: retypeTensor(item.value) };
  if (item.kind === "int" && TYPE_ATTRIBUTES.includes(item.name)) {
    return attribute.int(item.name, standIn(Number(item.value)));
  }
  return item;
}

function retypeType(type: ValueType): ValueType {
  if (type.kind === "tensor") return { ...type, elementType: standIn(type.elementType) };
  if (type.kind !== "sequence" && type.kind !== "optional") return type;
  return { ...type, element: type.element && retypeType(type.element) };
}

/** Only the large weights' values do not matter (they are no constants in a probe), small ones may be sizes. */
function retypeTensor(tensor: Tensor): Tensor {
  const type = standIn(tensor.dataType);
  if (type === tensor.dataType) return tensor;
  const values = toFloat32(tensor);
  const bytes = type === DataType.FLOAT ? viewBytes(values) : new Uint8Array(elementsOf(tensor.dims));
  return Tensor.raw(tensor.name ?? "", type, tensor.dims, bytes);
}
