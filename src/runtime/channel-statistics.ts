import { invariant, UserError } from "../base/errors.js";
import { attribute, cloneModel, DataType, type Graph, type Model, Tensor, type Value } from "../ir/index.js";
import type { Feeds } from "./feeds.js";
import { HeldSession, heldSession } from "./held-session.js";
import { numbersIn } from "./host-tensor.js";
import type { RunOutput, SessionOptions } from "./session.js";
import { task } from "./task.js";

/** An axis of a value, with the value's dimensions (only their number and the axis's size matter). */
export interface MeasuredAxis {
  readonly value: string;
  readonly axis: number;
  readonly dims: readonly number[];
}

/** A number for each index of an axis: over all samples and all other axes. */
export interface ChannelStatistics {
  readonly meanMagnitude: Float32Array;
  readonly meanSquare: Float32Array;
  readonly nonzeroShare: Float32Array;
  readonly least: Float32Array;
  readonly largest: Float32Array;
}

type Name = keyof ChannelStatistics;

const names: readonly Name[] = ["meanMagnitude", "meanSquare", "nonzeroShare", "least", "largest"];
const FIRST_AXES_INPUT = 18;
const TIMEOUT_MS = 600_000;

/**
 * Measures axes of a model's activations on feeds (all of one batch size), in a child process. The reductions are part of
 * the graph: only one number for each channel crosses over. Returns statistics in the order of `axes`. Throws a UserError
 * where there are no feeds, and those of `openSession`.
 */
export async function measureChannels(
  model: Model,
  axes: readonly MeasuredAxis[],
  feeds: Iterable<Feeds> | AsyncIterable<Feeds>,
  options: SessionOptions = {},
): Promise<ChannelStatistics[]> {
  if (axes.length === 0) return [];
  const sizes = axes.map(({ dims, axis }) => dims[axis] ?? 1);
  const measuring = cloneModel(model);
  const outputs = names.map((name) => addStatistic(measuring, axes, name));
  const session = await HeldSession.open(measuring, options, { timeoutMs: TIMEOUT_MS });
  try {
    const totals = new Map<Name, Float64Array>();
    let batches = 0;
    for await (const feed of feeds) {
      const found = await session.call(fetchTask, { feeds: feed, fetch: outputs }, { timeoutMs: TIMEOUT_MS });
      batches++;
      names.forEach((name, i) => {
        const output = found[i];
        invariant(output, () => `no ${name} was measured`);
        totals.set(name, combined(name, totals.get(name), numbersIn(output)));
      });
    }
    if (batches === 0) throw new UserError("no-samples", "there are no samples to measure activations on");
    let from = 0;
    return sizes.map((size) => {
      const part = (name: Name) => {
        const total = totals.get(name)?.subarray(from, from + size) ?? new Float64Array();
        const isMean = name !== "least" && name !== "largest";
        return Float32Array.from(total, (value) => (isMean ? value / batches : value));
      };
      const [meanMagnitude, meanSquare, nonzeroShare] = [
        part("meanMagnitude"),
        part("meanSquare"),
        part("nonzeroShare"),
      ];
      const statistics = {
        meanMagnitude,
        meanSquare,
        nonzeroShare,
        least: part("least"),
        largest: part("largest"),
      };
      from += size;
      return statistics;
    });
  } finally {
    session.close();
  }
}

/** Sums of means, or the extreme so far. */
function combined(name: Name, before: Float64Array | undefined, now: ArrayLike<number>): Float64Array {
  if (!before) return Float64Array.from(now);
  const join = name === "least" ? Math.min : name === "largest" ? Math.max : (a: number, b: number) => a + b;
  return before.map((value, i) => join(value, now[i] as number));
}

/** Adds one output that holds a statistic of all axes, one after the other; returns its name. */
function addStatistic(model: Model, axes: readonly MeasuredAxis[], name: Name): string {
  const { graph } = model;
  const add = (
    opType: string,
    inputs: Value[],
    attributes: Parameters<Graph["addNode"]>[0]["attributes"],
  ) => {
    const output = graph.freshValue(`topiary_${name}`);
    graph.addNode({ opType, inputs, outputs: [output], attributes: attributes ?? [] });
    return output;
  };
  const cast = (x: Value, type: DataType) => add("Cast", [x], [attribute.int("to", type)]);
  const parts = axes.map(({ value, axis, dims }) => {
    const found = graph.find(value);
    invariant(found, () => `${value} is a value of the model`);
    const x = cast(found, DataType.FLOAT);
    const of: Record<Name, () => Value> = {
      meanMagnitude: () => add("Abs", [x], []),
      meanSquare: () => add("Mul", [x, x], []),
      nonzeroShare: () => cast(cast(x, DataType.BOOL), DataType.FLOAT),
      least: () => x,
      largest: () => x,
    };
    const others = [...dims.keys()].filter((each) => each !== axis);
    const reduction = name === "least" ? "ReduceMin" : name === "largest" ? "ReduceMax" : "ReduceMean";
    return others.length === 0 ? of[name]() : reduce(model, add, reduction, of[name](), others);
  });
  const output = add("Concat", parts, [attribute.int("axis", 0)]);
  graph.addOutput(output, { type: { kind: "tensor", elementType: DataType.FLOAT, shape: undefined } });
  return output.name;
}

function reduce(
  model: Model,
  add: (opType: string, inputs: Value[], attributes: Parameters<Graph["addNode"]>[0]["attributes"]) => Value,
  opType: string,
  x: Value,
  axes: readonly number[],
): Value {
  const flat = attribute.int("keepdims", 0);
  if ((model.opset() ?? 1) < FIRST_AXES_INPUT) return add(opType, [x], [flat, attribute.ints("axes", axes)]);
  const { graph } = model;
  const list = graph.freshValue("topiary_axes").name;
  return add(opType, [x, graph.setInitializer(list, Tensor.int64(list, [axes.length], axes))], [flat]);
}

interface FetchArgs {
  readonly feeds: Feeds;
  readonly fetch: readonly string[];
}

/** In the child: some outputs of the session that it holds. */
export function fetchOutputs({ feeds, fetch }: FetchArgs): Promise<RunOutput[]> {
  return heldSession().run(feeds, fetch);
}

const fetchTask = task(import.meta.url, fetchOutputs);
