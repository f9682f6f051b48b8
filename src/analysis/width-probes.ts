import {
  attribute,
  BUILDER_OPSET,
  Builder,
  DataType,
  elementsOf,
  Graph,
  Model,
  type Node,
} from "../ir/index.js";
import { constantTensor, type DimsOf, isConv, isMatMul, isPlainGemm, lookupOp } from "../ops/index.js";
import { costTable } from "./cost.js";

/** Of which powers of two widths are tried as multiples. */
export const MULTIPLES: readonly number[] = [1, 2, 4, 8, 16, 32];

/** One layer alone, at about half of its widths. */
export interface WidthProbe {
  /** Names the layer, and every other one that is like it. */
  readonly layer: string;
  /** Share of the model's multiply-accumulates in layers like it. */
  readonly share: number;
  /** The widths are multiples of this and not of its double (of the last one: multiples). */
  readonly multiple: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Products of one place of the output, up to a factor of the layer. */
  readonly products: number;
  readonly model: Model;
}

/** A convolution or matrix product that can be made again at other widths. */
interface Layer {
  readonly node: Node;
  readonly inputs: number;
  readonly outputs: number;
  readonly depthwise: boolean;
  /** What tells it from layers that take another time. */
  readonly key: string;
  readonly macs: number;
}

/** An image's channels stay what they are. */
const FEWEST_INPUTS = 8;

/**
 * The layers that hold most of the multiply-accumulates, `count` different ones, each alone at widths around a half.
 * Float32 convolutions (dense and depthwise) and products with a stored matrix are; empty where there are none.
 */
export function widthProbes(graph: Graph, dims: DimsOf, count = 3): WidthProbe[] {
  const { macsOf, macs: total } = costTable(graph, dims);
  const alike = new Map<string, Layer[]>();
  for (const [node, macs] of macsOf) {
    const layer = layerOf(node, dims, macs);
    if (!layer) continue;
    const list = alike.get(layer.key);
    if (list) list.push(layer);
    else alike.set(layer.key, [layer]);
  }
  const macsIn = (layers: readonly Layer[]) => layers.reduce((sum, { macs }) => sum + macs, 0);
  return [...alike.values()]
    .sort((a, b) => macsIn(b) - macsIn(a))
    .slice(0, count)
    .flatMap((layers) =>
      layers.slice(0, 1).flatMap((layer) => probesOf(layer, dims, macsIn(layers) / total)),
    );
}

function probesOf(layer: Layer, dims: DimsOf, share: number): WidthProbe[] {
  return MULTIPLES.flatMap((multiple) => {
    const outputs = widthsAround(layer.outputs, multiple);
    const narrowed = layer.inputs < FEWEST_INPUTS ? [layer.inputs] : widthsAround(layer.inputs, multiple);
    const inputs = layer.depthwise ? outputs : narrowed;
    const pairs = Math.max(inputs.length, outputs.length);
    if (Math.min(inputs.length, outputs.length) === 0) return [];
    return Array.from({ length: pairs }, (_, i) => {
      const [read, made] = [inputs[i] ?? inputs[0] ?? 0, outputs[i] ?? outputs[0] ?? 0];
      const products = layer.depthwise ? made : read * made;
      const model = probeModel(layer, dims, read, made);
      return { layer: layer.node.label, share, multiple, inputs: read, outputs: made, products, model };
    });
  });
}

/**
 * Widths about half of `full` that are multiples of `multiple` and of no greater one tried: the half itself, else the
 * nearest below and above it, so that what a run costs beside its products cancels. Empty where the two are not there.
 */
export function widthsAround(full: number, multiple: number): readonly number[] {
  const half = Math.round(full / 2);
  const period = multiple === MULTIPLES.at(-1) ? multiple : 2 * multiple;
  const fits = (width: number) => width % multiple === 0 && (width % period !== 0 || period === multiple);
  if (fits(half)) return [half];
  let [below, above] = [half - 1, half + 1];
  while (below > 0 && !fits(below)) below--;
  while (above <= full && !fits(above)) above++;
  return below > 0 && above <= full ? [below, above] : [];
}

function layerOf(node: Node, dims: DimsOf, macs: number): Layer | undefined {
  const [x, value, y] = [node.input(0), node.input(1), node.output(0)];
  const weight = value && constantTensor(value);
  const [from, to] = [x && dims(x), y && dims(y)];
  if (!weight || !from || !to || weight.dataType !== DataType.FLOAT) return undefined;
  const attributes = [...node.attributes.values()].map(({ name, value: set }) => `${name}=${set}`).sort();
  const key = [node.opType, ...attributes, weight.dims.join("x"), from.join("x")].join(" ");
  if (isConv(node)) {
    const window = lookupOp(node)?.window?.(node);
    const [inputs = 0, outputs = 0] = [from[1], to[1]];
    const depthwise = window?.depthwise === true && inputs === outputs;
    if (window?.groups !== 1 && !depthwise) return undefined;
    return { node, inputs, outputs, depthwise, key, macs };
  }
  if (!(isMatMul(node) || isPlainGemm(node)) || weight.dims.length !== 2) return undefined;
  return { node, inputs: from.at(-1) ?? 0, outputs: to.at(-1) ?? 0, depthwise: false, key, macs };
}

/** The layer with other widths; what it makes is summed up at once, since handing it over would take time as well. */
function probeModel({ node, depthwise }: Layer, dims: DimsOf, inputs: number, outputs: number): Model {
  const build = new Builder(new Graph({ name: "width" }));
  const sized = (index: number, axis: number, width: number, input: boolean) => {
    const value = input ? node.input(index) : node.output(index);
    return ((value && dims(value)) ?? []).with(axis, width);
  };
  const axis = isConv(node) ? 1 : -1;
  const x = build.input("x", sized(0, axis, inputs, true));
  const swapped = isConv(node) || node.int("transB") === 1;
  const [read, rest] = [depthwise ? 1 : inputs, isConv(node) ? sized(1, 0, 0, true).slice(2) : []];
  const weightDims = swapped ? [outputs, read, ...rest] : [read, outputs];
  const weight = build.floats(steadyNumbers(elementsOf(weightDims)), weightDims, DataType.FLOAT);
  const attributes = [...node.attributes.values()].filter(({ name }) => name !== "group");
  if (depthwise) attributes.push(attribute.int("group", outputs));
  const y = build.node(node.opType, [x, weight], sized(0, axis, outputs, false), { attributes });
  const pooled = [...y.dims.slice(0, 2), ...y.dims.slice(2).map(() => 1)];
  build.output("y", isConv(node) ? build.node("GlobalAveragePool", [y], pooled) : y);
  const opsetImports = [{ domain: "", version: BUILDER_OPSET }];
  return new Model({ irVersion: 8, opsetImports, graph: build.graph });
}

/** Ordinary numbers about zero: nothing to overflow, nothing that is denormal. */
function steadyNumbers(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (((i * 37) % 17) - 8) / 64);
}
