import type { ValueShape } from "../analysis/shapes.js";
import { UserError } from "../base/errors.js";
import {
  allGraphs,
  cloneAttribute,
  cloneGraph,
  DataType,
  domainOf,
  Graph,
  Model,
  type ModelFields,
  type Node,
  Tensor,
  type Value,
  type ValueInfo,
} from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import { declaredShape } from "./declared.js";

/** Larger constants become inputs of a probe; smaller ones may be sizes, scales or axes that shapes depend on. */
const LARGEST_KEPT_BYTES = 1024;

/** The newest versions that onnxruntime 1.30 loads. */
const NEWEST_OPSET = 26;
const PROBE_IR_VERSION = 13;

/** What a probe is made from. */
export interface ProbePlan {
  readonly model: Model;
  /** The nodes to ask about, in an order in which every value is made before it is read. */
  readonly nodes: Iterable<Node>;
  /** Values whose shape is known: where no node of the probe makes them they become inputs. */
  readonly known: ReadonlyMap<Value, ValueShape>;
  /** Keeps all weights as constants. Slow; for operators that insist on constants. */
  readonly keepWeights?: boolean;
}

/** A model with the same shapes as a part of another and next to no weights; nothing in it is an output yet. */
export interface Probe {
  readonly model: Model;
  /** The values of the original that the probe computes. */
  readonly values: readonly Value[];
}

/**
 * A model of those of the plan's nodes whose inputs are all available: made by others of these nodes, constant, or
 * of a type that is known or declared in the file. Large weights are inputs of it.
 */
export function buildProbe({ model, nodes, known, keepWeights = false }: ProbePlan): Probe {
  const graph = new Graph({ name: "probe" });
  const made = new Set<Value>();
  const find = (value: Value): Source | undefined => {
    if (graph.find(value.name)) return "there";
    const constant = constantTensor(value);
    if (!constant) return infoOf(value, known.get(value) ?? declaredShape(value));
    if ((keepWeights || mayDecideShapes(constant)) && isReadable(constant)) return constant;
    return tensorInfo(constant.dataType, constant.dims);
  };
  for (const node of nodes) {
    if (node.outputs.every((value) => !value || constantTensor(value))) continue;
    const sources = new Map(Array.from(valuesRead(node), (value) => [value, find(value)]));
    if ([...sources.values()].includes(undefined)) continue;
    for (const [{ name }, source] of sources) {
      if (source instanceof Tensor) graph.setInitializer(name, source);
      else if (source && source !== "there") graph.addInput(name, source);
    }
    addCopy(graph, node);
    for (const value of node.outputs) if (value) made.add(value);
  }
  const functions = model.functions.map((body) => ({ ...body, graph: cloneGraph(body.graph, undefined) }));
  return { values: [...made], model: new Model({ ...loadableVersions(model), functions, graph }) };
}

/** Where a probe takes a value from: it has it already, as a constant, or as an input. */
type Source = "there" | Tensor | ValueInfo;

/** Adds outputs without a type: onnxruntime finds it. */
export function askTypes({ model }: Probe, values: Iterable<Value>): void {
  for (const { name } of values) model.graph.addOutput(model.graph.value(name));
}

/** Adds the shapes of the values as outputs, in this order: lists of integers, whose length is the rank. */
export function askShapes({ model: { graph } }: Probe, values: Iterable<Value>): void {
  for (const { name } of values) {
    const shape = graph.freshValue(`shape of ${name}`);
    graph.addNode({ opType: "Shape", inputs: [graph.value(name)], outputs: [shape] });
    graph.addOutput(shape);
  }
}

/** Every value of the node's own graph that the node, or a body inside it, reads. */
export function* valuesRead(node: Node): Generator<Value> {
  for (const value of node.inputs) if (value) yield value;
  for (const body of node.subgraphs()) yield* captured(body, node.graph);
}

function* captured(body: Graph, outer: Graph): Generator<Value> {
  for (const node of body.nodes) {
    for (const value of node.inputs) if (value?.graph === outer) yield value;
    for (const inner of node.subgraphs()) yield* captured(inner, outer);
  }
  for (const value of body.outputs) if (value.graph === outer) yield value;
}

function addCopy(graph: Graph, node: Node): void {
  const resolve = (value: Value | null) => value && graph.value(value.name);
  // Old files do not say the kind of their attributes: without what was carried along, the writer says it.
  const attributes = Array.from(node.attributes.values(), (item) => ({
    ...cloneAttribute(item, graph),
    carried: undefined,
  }));
  const copy = graph.addNode({
    ...node,
    metadata: new Map(),
    inputs: node.inputs.map(resolve),
    outputs: node.outputs.map(resolve),
    attributes,
  });
  for (const body of copy.subgraphs()) for (const each of allGraphs(body)) forgetShapes(each);
}

/** What a file says about shapes inside a body may hold for other input sizes than the pinned ones. */
function forgetShapes(body: Graph): void {
  for (const value of body.values) {
    const type = value.info?.type;
    if (type?.kind === "tensor") value.info = { type: { ...type, shape: undefined } };
  }
}

/** False where a constant's own file is missing or too short: its shape is known all the same. */
function isReadable(tensor: Tensor): boolean {
  if (tensor.content.kind !== "external") return true;
  try {
    tensor.content.read();
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function mayDecideShapes(tensor: Tensor): boolean {
  return !isWeightType(tensor.dataType) || tensor.byteLength <= LARGEST_KEPT_BYTES;
}

/** Types in which weights come; sizes and indices are int32 or int64, conditions bool. */
function isWeightType(type: DataType): boolean {
  return ![DataType.INT32, DataType.INT64, DataType.BOOL, DataType.STRING].some((other) => other === type);
}

/** How a known value enters the probe; undefined where not even its type is known. */
function infoOf(value: Value, shape: ValueShape | undefined): ValueInfo | undefined {
  if (shape && shape.elementType !== DataType.UNDEFINED) return tensorInfo(shape.elementType, shape.dims);
  // Sequences and the like have no shape, only a type to hand on.
  const type = value.info?.type;
  return value.isInput && type !== undefined && type.kind !== "tensor" ? { type } : undefined;
}

function tensorInfo(elementType: DataType, dims: readonly number[] | undefined): ValueInfo {
  return { type: { kind: "tensor", elementType, shape: dims?.map((size) => ({ size })) } };
}

/** Versions that onnxruntime accepts; shapes hardly ever differ between opsets. */
function loadableVersions(model: Model): Pick<ModelFields, "irVersion" | "opsetImports"> {
  const imports = model.opsetImports.map(({ domain, version }) => ({
    domain,
    version: domainOf({ domain }) === "" ? Math.min(version, NEWEST_OPSET) : version,
  }));
  if (model.opset() === undefined) imports.push({ domain: "", version: 1 });
  return { irVersion: PROBE_IR_VERSION, opsetImports: imports };
}
