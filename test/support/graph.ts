import { Random } from "../../src/base/random.js";
import {
  allGraphs,
  DataType,
  type Graph,
  type Model,
  Tensor,
  type Value,
  verifyGraph,
} from "../../src/ir/index.js";
import { parseModel } from "../../src/onnx/text/index.js";

/**
 * A model from ONNX text. Every value that the `<...>` of a graph lists with a type but without data, and that no node
 * makes, becomes an initializer with random elements: floats (float, double) ~ 0.5 * N(0, 1), whole numbers uniform in
 * [0, 8), bool 0 or 1. The same text and seed give the same model. Throws where the graph is not sound.
 *
 *     model(`g (float[1,3,8,8] x) => (float[1,4,8,8] y) <float[4,3,1,1] w> { y = Conv(x, w) }`)
 */
export function model(text: string, { seed = 0 }: { readonly seed?: number } = {}): Model {
  const result = parseModel(text);
  const random = new Random(seed);
  for (const graph of allGraphs(result.graph)) {
    for (const value of [...graph.values]) if (isDeclaredOnly(value)) fill(graph, value, random);
  }
  const problems = verifyGraph(result.graph);
  if (problems.length > 0) throw new Error(`this graph is not sound:\n${problems.join("\n")}\n${text}`);
  return result;
}

/** Listed with a type, and nothing gives it a content. */
function isDeclaredOnly(value: Value): boolean {
  const sourceless = !value.producer && !value.initializer && !value.isInput && !value.isOutput;
  return sourceless && value.info?.type !== undefined;
}

function fill(graph: Graph, value: Value, random: Random): void {
  const type = value.info?.type;
  if (type?.kind !== "tensor" || !type.shape)
    throw new Error(`${value.name} needs a tensor type to be made random`);
  const dims = type.shape.map(({ size }) => {
    if (typeof size !== "number")
      throw new Error(`${value.name} needs dimensions that are numbers to be made random`);
    return size;
  });
  graph.setInitializer(value.name, randomTensor(value.name, type.elementType, dims, random));
  // The listing was the declaration of the constant; the file's value_info would be one more thing to keep true.
  value.info = undefined;
}

/** A tensor of random elements, distributed as `model` says. */
export function randomTensor(name: string, type: DataType, dims: readonly number[], random: Random): Tensor {
  const elements = dims.reduce((product, dim) => product * dim, 1);
  const numbers = (draw: () => number) => Array.from({ length: elements }, draw);
  const raw = (array: ArrayBufferView) =>
    Tensor.raw(name, type, dims, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const normal = () => 0.5 * random.normal();
  const whole = () => random.below(8);
  switch (type) {
    case DataType.FLOAT:
      return raw(Float32Array.from(numbers(normal)));
    case DataType.DOUBLE:
      return raw(Float64Array.from(numbers(normal)));
    case DataType.INT64:
      return raw(BigInt64Array.from(numbers(whole), BigInt));
    case DataType.INT32:
      return raw(Int32Array.from(numbers(whole)));
    case DataType.INT8:
    case DataType.UINT8:
      return raw(Uint8Array.from(numbers(whole)));
    case DataType.UINT4:
    case DataType.INT4:
      return raw(packedFours(numbers(whole)));
    case DataType.FLOAT8E4M3FN:
      // Exponents around one, all mantissas and signs.
      return raw(Uint8Array.from(numbers(() => 0x30 + random.below(16) + 0x80 * random.below(2))));
    case DataType.FLOAT16:
      return raw(Uint16Array.from(numbers(normal), halfBits));
    case DataType.BFLOAT16:
      return raw(Uint16Array.from(numbers(normal), (value) => floatBits(value) >>> 16));
    case DataType.BOOL:
      return raw(Uint8Array.from(numbers(() => random.below(2))));
    default:
      throw new Error(`${name}: no random tensors of type ${type}`);
  }
}

/** Two elements a byte, the first in the lower half. */
function packedFours(elements: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(elements.length / 2) }, (_, i) => {
    return (elements[2 * i] ?? 0) | ((elements[2 * i + 1] ?? 0) << 4);
  });
}

const floatBits = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;

/** Half precision of an ordinary number: the low bits are cut off, tiny ones become zero. */
function halfBits(value: number): number {
  const bits = floatBits(value);
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const sign = (bits >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}
