import { Random } from "../../../src/base/random.js";
import {
  type Attribute,
  Builder,
  DataType,
  elementsOf,
  Graph,
  isFloat,
  Model,
  type SymTensor,
} from "../../../src/ir/index.js";
import { lookupOp } from "../../../src/ops/index.js";
import { type HostTensor, numbersIn, type Session, withSession } from "../../../src/runtime/index.js";

/** An input of a case: random numbers, or these integers or booleans as a constant. */
export type Operand =
  | { readonly dims: readonly number[]; readonly draw?: Draw; readonly fixed?: true }
  | { readonly dims: readonly number[]; readonly ints: readonly number[]; readonly type?: DataType };

/** distinct: no two within 0.1 of each other nor within 0.05 of a multiple of 0.1, for ops with kinks. */
type Draw = "normal" | "positive" | "distinct";

/** One operator with attributes, whose gradient is compared with finite differences. */
export interface GradientCase {
  readonly op: string;
  readonly inputs: readonly (Operand | null)[];
  readonly attributes?: readonly Attribute[];
  readonly outputs?: number;
  readonly opset?: number;
  /** Linear in every operand by itself: differences are exact at any step. */
  readonly linear?: boolean;
}

/** The largest difference between rule and finite differences, over the largest gradient of the same operand. */
export interface Check {
  readonly error: number;
  readonly precision: "float32" | "float64";
}

const ELEMENTS_CHECKED = 12;

/** Checks a case in float64 where onnxruntime has all kernels, else in float32. */
export async function checkGradient(spec: GradientCase, seed: number): Promise<Check> {
  try {
    return await check(spec, seed, DataType.DOUBLE);
  } catch (error) {
    if (!/not implemented|[Tt]ype (parameter|mismatch)|Type Error/.test(String(error))) throw error;
    return check(spec, seed, DataType.FLOAT);
  }
}

function numbers(random: Random, count: number, draw: Draw): number[] {
  if (draw === "distinct") {
    const grid = Array.from({ length: count }, (_, i) => (i - Math.floor(count / 2) + 0.5) * 0.1);
    return random.shuffle(grid);
  }
  return Array.from({ length: count }, () =>
    draw === "positive" ? 0.5 + random.uniform() : random.normal(),
  );
}

async function check(spec: GradientCase, seed: number, type: DataType): Promise<Check> {
  const random = new Random(seed);
  const feeds = new Map<string, HostTensor>();
  const array = (values: ArrayLike<number>) =>
    type === DataType.DOUBLE ? Float64Array.from(values) : Float32Array.from(values);
  spec.inputs.forEach((input, i) => {
    if (!input || "ints" in input) return;
    const data = array(numbers(random, elementsOf(input.dims), input.draw ?? "normal"));
    feeds.set(`x${i}`, { dataType: type, dims: input.dims, data });
  });
  const forward = build(spec, type);
  const options = { threads: 1, optimization: "disabled" } as const;
  return withSession(forward, options, async (session) => {
    const outputs = await session.run(feeds);
    const dY = outputs.map(({ dims, dataType }) => ({
      dataType,
      dims,
      data: array(numbers(random, elementsOf(dims), "normal")),
    }));
    const backward = build(spec, type, outputs);
    const given = new Map([...feeds, ...dY.map((tensor, i) => [`d${i}`, tensor] as const)]);
    const found = await withSession(backward, options, (opened) => opened.run(given));
    return compare(session, feeds, dY, found, spec, type, random);
  });
}

/** The op alone, or (given its outputs) with the gradients of its float inputs as outputs. */
function build(spec: GradientCase, type: DataType, outputs?: readonly HostTensor[]): Model {
  const graph = new Graph({ name: "check" });
  const constants = new Map<unknown, readonly number[]>();
  const build = new Builder(graph, {
    tensorOf: () => undefined,
    integersOf: (value) => constants.get(value),
  });
  const inputs = spec.inputs.map((input, i) => {
    if (!input) return null;
    if (!("ints" in input)) return build.input(`x${i}`, input.dims, type);
    const exact = build.reshape(build.ints(input.ints), input.dims);
    const symbol = build.cast(exact, input.type ?? DataType.INT64);
    constants.set(symbol.value, input.ints);
    return symbol;
  });
  const made = Array.from({ length: spec.outputs ?? 1 }, (_, i) => graph.value(`y${i}`));
  const node = graph.addNode({
    opType: spec.op,
    inputs: inputs.map((input) => input?.value ?? null),
    outputs: made,
    attributes: spec.attributes ?? [],
  });
  made.forEach((value, i) => {
    const output = outputs?.[i];
    if (output) build.declare(value, output.dims, output.dataType);
    else graph.addOutput(value);
  });
  if (outputs) {
    const dY = outputs.map(({ dims }, i) => build.input(`d${i}`, dims, type));
    const gradients = lookupOp(node)?.gradient?.(node, dY, build) ?? [];
    gradients.forEach((gradient, i) => {
      if (gradient && inputs[i] && isFloat(inputs[i].type)) addGradient(build, gradient, inputs[i], i);
    });
  }
  return new Model({ irVersion: 10, opsetImports: [{ domain: "", version: spec.opset ?? 18 }], graph });
}

function addGradient(build: Builder, gradient: SymTensor, input: SymTensor, index: number): void {
  if (String(gradient.dims) !== String(input.dims))
    throw new Error(
      `gradient of input ${index} has dimensions [${gradient.dims}], the input [${input.dims}]`,
    );
  build.output(`g${index}`, gradient);
}

async function compare(
  session: Session,
  feeds: Map<string, HostTensor>,
  dY: readonly HostTensor[],
  gradients: readonly (HostTensor & { readonly name: string })[],
  spec: GradientCase,
  type: DataType,
  random: Random,
): Promise<Check> {
  const step = spec.linear ? 0.5 : type === DataType.DOUBLE ? 1e-5 : 2 ** -6;
  const loss = async () => {
    const outputs = await session.run(feeds);
    return outputs.reduce((sum, y, i) => sum + dot(numbersIn(y), dY[i] ? numbersIn(dY[i]) : []), 0);
  };
  const expected = spec.inputs.flatMap((input, i) =>
    input && !("ints" in input) && !input.fixed ? [`g${i}`] : [],
  );
  for (const name of expected) {
    if (!gradients.some((gradient) => gradient.name === name))
      throw new Error(`${spec.op} gives no gradient ${name}`);
  }
  let error = 0;
  for (const name of expected) {
    const gradient = gradients.find((each) => each.name === name);
    const feed = feeds.get(name.replace("g", "x"));
    if (!gradient || !feed || typeof feed.data[0] !== "number") continue;
    const values = feed.data as Float64Array;
    const found = numbersIn(gradient);
    const largest = Array.from(found).reduce((max, value) => Math.max(max, Math.abs(value)), 1e-1);
    const picked = random.shuffle(Array.from(values.keys())).slice(0, ELEMENTS_CHECKED);
    for (const at of picked) {
      const kept = values[at] ?? 0;
      values[at] = kept + step;
      const [above, high] = [values[at] ?? 0, await loss()];
      values[at] = kept - step;
      const [below, low] = [values[at] ?? 0, await loss()];
      values[at] = kept;
      error = Math.max(error, Math.abs((high - low) / (above - below) - (found[at] ?? Number.NaN)) / largest);
      if (Number.isNaN(found[at])) error = Number.POSITIVE_INFINITY;
    }
  }
  return { error, precision: type === DataType.DOUBLE ? "float64" : "float32" };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
