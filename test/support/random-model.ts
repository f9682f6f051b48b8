import fc from "fast-check";
import {
  type Attribute,
  type AttributeValue,
  bytesOf,
  DataType,
  type Dimension,
  elementsOf,
  type FunctionBody,
  Graph,
  Model,
  type OpsetImport,
  type SparseTensor,
  Tensor,
  type TensorContent,
  type Value,
  type ValueInfo,
  type ValueType,
} from "../../src/ir/index.js";

/** Draws a value of an arbitrary. */
type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

/**
 * Models that use everything that the IR has, small, sound in their structure and without meaning. Not shrunk: the seed
 * in a failure's message gives the model again.
 */
export class ModelArbitrary extends fc.Arbitrary<Model> {
  override generate(random: fc.Random, bias: number | undefined): fc.Value<Model> {
    return new fc.Value(
      randomModel((arbitrary) => arbitrary.generate(random, bias).value),
      undefined,
    );
  }

  override canShrinkWithoutContext(_: unknown): _ is Model {
    return false;
  }

  override shrink(): fc.Stream<fc.Value<Model>> {
    return fc.Stream.nil();
  }
}

/** Mostly nothing. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const identifier = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/);
/** Words of the syntax, and names that no identifier can be. */
const awkward = fc.constantFrom(
  "float",
  "seq",
  "nan",
  "x",
  "type7",
  "a/b",
  'say "hi"',
  "back\\slash",
  "1st",
  "näme",
  "#@ {}",
);
const name = fc.oneof(
  { weight: 3, arbitrary: identifier },
  awkward,
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
);
const text = fc.oneof(
  fc.constantFrom("", "two\nlines", '#@ "quoted"', "\u{feff}mark"),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const optionalText = seldom(text);
const metadata = seldom(fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key, maxLength: 3 }));
const bytes = fc.uint8Array({ maxLength: 6 });
const size = fc.constantFrom(0, 1, 2, 3);
const elementTypes = Object.values(DataType).filter((type) => type !== DataType.UNDEFINED);
const elementType = fc.constantFrom(...elementTypes);
/** Also one that nobody knows. */
const anyElementType = fc.oneof({ weight: 9, arbitrary: elementType }, fc.constantFrom(0, 99));
/** What a reader may carry beside the IR. */
const carried = seldom(fc.record({ $unknowns: fc.array(bytes, { minLength: 1, maxLength: 2 }) }));

function randomModel(draw: Draw): Model {
  return new Model({
    irVersion: draw(fc.option(fc.nat(20), { nil: undefined })),
    opsetImports: randomOpsets(draw),
    producerName: draw(optionalText),
    producerVersion: draw(optionalText),
    domain: draw(optionalText),
    modelVersion: draw(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { nil: undefined })),
    ...randomLabels(draw),
    graph: randomGraph(draw, { name: draw(fc.oneof(name, fc.constant(""))) }),
    functions: Array.from({ length: draw(fc.nat(1)) }, () => randomFunction(draw)),
  });
}

function randomLabels(draw: Draw) {
  const entries = draw(metadata);
  return {
    docString: draw(optionalText),
    metadata: new Map(entries ?? []),
    carried: draw(carried),
  };
}

function randomOpsets(draw: Draw): OpsetImport[] {
  return draw(fc.array(fc.record({ domain: text, version: fc.nat(30) }), { maxLength: 2 }));
}

function randomFunction(draw: Draw): FunctionBody {
  const graph = new Graph();
  for (const input of draw(fc.uniqueArray(name, { maxLength: 2 }))) graph.addInput(input, randomInfo(draw));
  addNodes(draw, graph, 1);
  for (const value of draw(fc.subarray([...graph.values]))) graph.addOutput(value);
  return {
    name: draw(name),
    domain: draw(optionalText),
    overload: draw(optionalText),
    attributeNames: draw(fc.uniqueArray(name, { maxLength: 2 })),
    attributes: randomAttributes(draw, graph, 0).filter(({ kind }) => kind !== "graph" && kind !== "graphs"),
    opsetImports: randomOpsets(draw),
    graph,
    ...randomLabels(draw),
  };
}

function randomGraph(
  draw: Draw,
  { name: called, parent, depth = 2 }: { name: string; parent?: Graph; depth?: number },
) {
  const { carried: fields, ...labels } = randomLabels(draw);
  const graph = new Graph({ ...labels, carried: fields && { fields }, name: called, parent });
  for (const input of draw(fc.uniqueArray(name, { maxLength: 3 }))) graph.addInput(input, randomInfo(draw));
  for (const constant of draw(fc.uniqueArray(name, { maxLength: 3 }))) {
    graph.setInitializer(constant, randomTensor(draw, { named: false }));
  }
  if (draw(fc.nat(4)) === 0) {
    const sparse = randomSparse(draw);
    const free = graph.freshValue("sparse").name;
    graph.sparseInitializers.push({ ...sparse, values: sparse.values.with({ name: free }) });
  }
  addNodes(draw, graph, depth);
  const outputs = draw(fc.subarray([...graph.values]));
  for (const value of outputs) graph.addOutput(value, value.info ?? randomInfo(draw));
  for (const value of graph.values) if (draw(fc.nat(3)) === 0) value.info ??= randomInfo(draw);
  return graph;
}

function addNodes(draw: Draw, graph: Graph, depth: number): void {
  for (let count = draw(fc.nat(3)); count > 0; count--) {
    const readable: (Value | null)[] = [null, ...graph.values, ...(graph.parent?.values ?? [])];
    const inputs = draw(fc.array(fc.constantFrom(...readable), { maxLength: 3 })).map(
      (value) => value && (graph.find(value.name) ?? value),
    );
    const outputs = draw(fc.uniqueArray(fc.option(name), { maxLength: 2 }))
      // A name that some node may have read from the graph around cannot become one of this graph.
      .filter((output) => output === null || !graph.parent?.find(output))
      .map((output) => (output === null ? null : graph.value(output)))
      .filter((value) => !value?.producer && !value?.initializer && !value?.isInput);
    graph.addNode({
      opType: draw(name),
      domain: draw(fc.option(fc.oneof(name, fc.constantFrom("ai.onnx.ml", "a..b", "")), { nil: undefined })),
      name: draw(optionalText),
      overload: draw(optionalText),
      inputs,
      outputs,
      attributes: randomAttributes(draw, graph, depth),
      ...randomLabels(draw),
    });
  }
}

function randomInfo(draw: Draw): ValueInfo | undefined {
  if (draw(fc.nat(5)) === 0) return undefined;
  return { type: draw(fc.nat(6)) === 0 ? undefined : randomType(draw, 2), ...randomLabels(draw) };
}

function randomType(draw: Draw, depth: number): ValueType {
  const kinds = ["tensor", "tensor", "sparseTensor", "opaque", "unknown"] as const;
  const nested = ["sequence", "optional", "map"] as const;
  const kind = draw(fc.constantFrom<ValueType["kind"]>(...kinds, ...(depth > 0 ? nested : [])));
  const shared = {
    denotation: draw(seldom(text)),
    carried: draw(carried),
  };
  const inner = () => (draw(fc.nat(5)) === 0 ? undefined : randomType(draw, depth - 1));
  switch (kind) {
    case "tensor":
    case "sparseTensor":
      return { ...shared, kind, elementType: draw(anyElementType), shape: randomShape(draw) };
    case "sequence":
    case "optional":
      return { ...shared, kind, element: inner() };
    case "map":
      return { ...shared, kind, keyType: draw(anyElementType), value: inner() };
    case "opaque":
      return {
        ...shared,
        kind,
        domain: draw(optionalText),
        name: draw(fc.option(name, { nil: undefined })),
      };
    case "unknown":
      return { ...shared, kind };
  }
}

function randomShape(draw: Draw): Dimension[] | undefined {
  const dimension = fc.record({
    size: fc.oneof(fc.integer({ min: -1, max: 300 }), name, fc.constant(""), fc.constant(null)),
    denotation: seldom(text),
  });
  return draw(fc.option(fc.array(dimension, { maxLength: 3 }), { nil: undefined, freq: 5 }));
}

function randomAttributes(draw: Draw, graph: Graph, depth: number): Attribute[] {
  const names = draw(fc.uniqueArray(name, { maxLength: 3 }));
  return names.map((each) => {
    const { docString, carried: beside } = randomLabels(draw);
    return { ...randomAttributeValue(draw, graph, depth), name: each, docString, carried: beside };
  });
}

const float = fc.float().map(Math.fround);
const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

function randomAttributeValue(draw: Draw, graph: Graph, depth: number): AttributeValue {
  const several = <T>(one: () => T): T[] => Array.from({ length: draw(fc.nat(2)) }, one);
  const body = () => randomGraph(draw, { name: draw(name), parent: graph, depth: depth - 1 });
  const values: Readonly<Record<string, () => AttributeValue>> = {
    float: () => ({ kind: "float", value: draw(float) }),
    floats: () => ({ kind: "floats", value: draw(fc.array(float, { maxLength: 3 })) }),
    int: () => ({ kind: "int", value: draw(int) }),
    ints: () => ({ kind: "ints", value: draw(fc.array(int, { maxLength: 3 })) }),
    string: () => ({ kind: "string", value: randomBytes(draw) }),
    strings: () => ({ kind: "strings", value: several(() => randomBytes(draw)) }),
    tensor: () => ({ kind: "tensor", value: randomTensor(draw) }),
    tensors: () => ({ kind: "tensors", value: several(() => randomTensor(draw)) }),
    sparseTensor: () => ({ kind: "sparseTensor", value: randomSparse(draw) }),
    sparseTensors: () => ({ kind: "sparseTensors", value: several(() => randomSparse(draw)) }),
    type: () => ({ kind: "type", value: randomType(draw, 2) }),
    types: () => ({ kind: "types", value: several(() => randomType(draw, 1)) }),
    reference: () => ({
      kind: "reference",
      value: draw(name),
      type: draw(fc.constantFrom(0, 1, 7, 99)),
    }),
    undefined: () => ({ kind: "undefined", value: undefined }),
    ...(depth > 0 && {
      graph: () => ({ kind: "graph", value: body() }),
      graphs: () => ({ kind: "graphs", value: several(body) }),
    }),
  };
  const kinds = Object.values(values);
  return kinds[draw(fc.nat(kinds.length - 1))]?.() ?? { kind: "undefined", value: undefined };
}

function randomBytes(draw: Draw): Uint8Array {
  const encoder = new TextEncoder();
  return draw(
    fc.oneof(
      bytes,
      text.map((each) => encoder.encode(each)),
    ),
  );
}

function randomSparse(draw: Draw): SparseTensor {
  return {
    values: randomTensor(draw),
    indices: randomTensor(draw),
    dims: draw(fc.array(size, { maxLength: 2 })),
    carried: draw(carried),
  };
}

/** A tensor of any type and storage, its content right or wrong for its type. */
export function randomTensor(draw: Draw, { named = true } = {}): Tensor {
  const dataType = draw(anyElementType);
  const dims = draw(fc.array(size, { maxLength: 3 }));
  const elements = elementsOf(dims);
  return new Tensor({
    name: named ? draw(fc.option(name, { nil: undefined })) : undefined,
    dataType,
    dims,
    content: randomContent(draw, bytesOf(dataType, elements), elements),
    ...randomLabels(draw),
  });
}

function randomContent(draw: Draw, exactSize: number | undefined, elements: number): TensorContent {
  const exactly = (length: number) => draw(fc.uint8Array({ minLength: length, maxLength: length }));
  const kinds = ["raw", "raw", "raw", "damaged", "field", "strings", "external", "empty"] as const;
  switch (draw(fc.constantFrom(...kinds))) {
    case "raw":
      return { kind: "raw", bytes: exactly(exactSize ?? 5) };
    case "damaged":
      return { kind: "raw", bytes: draw(bytes) };
    case "field":
      return randomField(draw, exactly);
    case "strings":
      return { kind: "strings", values: Array.from({ length: elements }, () => randomBytes(draw)) };
    case "external": {
      const entries = new Map([["location", draw(name)]]);
      return { kind: "external", entries, length: undefined, read: () => new Uint8Array() };
    }
    case "empty":
      return { kind: "empty" };
  }
}

function randomField(draw: Draw, exactly: (length: number) => Uint8Array): TensorContent {
  const { buffer } = exactly(24);
  const fields: TensorContent[] = [
    { kind: "field", field: "floatData", values: new Float32Array(buffer) },
    { kind: "field", field: "floatData", values: draw(fc.array(float, { maxLength: 3 })) },
    { kind: "field", field: "doubleData", values: new Float64Array(buffer) },
    { kind: "field", field: "int32Data", values: new Int32Array(buffer) },
    { kind: "field", field: "int64Data", values: new BigInt64Array(buffer) },
    { kind: "field", field: "uint64Data", values: new BigUint64Array(buffer) },
  ];
  return draw(fc.constantFrom(...fields));
}
