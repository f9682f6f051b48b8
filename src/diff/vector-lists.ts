import { type Node, numbersOf } from "../ir/index.js";
import { cutAxes, type Kept, keptPart, type Numbers } from "./cut.js";
import type { KeptChannels } from "./kept.js";
import type { KeptLists } from "./kept-by-likeness.js";
import type { TensorPair } from "./tensor-pairs.js";

/** Nodes that are passed on the way up to the weights which made a vector's channels. */
const MOST_STEPS = 4;

/** The second best list is to be farther from the values than the best by this factor. */
const CLEARLY_FARTHER = 1.25;

/** Of the values' own sum, how far off a list from anywhere in the model may leave them. */
const MOST_DISTANCE = 0.25;

type List = readonly number[];

/** Positions that stayed of an axis of `size`. */
interface SizedList {
  readonly size: number;
  readonly list: List;
}

/**
 * Which channels stayed in constants of one number a channel. That is little to go by, so lists that were found in
 * weights are tried: those of the reader, those of the nodes before it, and at last all.
 */
export class VectorLists {
  readonly #ofReader = new Map<Node, SizedList[]>();

  constructor(
    found: ReadonlyMap<TensorPair, KeptChannels>,
    readonly all: KeptLists,
  ) {
    for (const [{ reader, before }, { kept }] of found) {
      if (!reader) continue;
      const own = Array.from(kept, ([axis, list]) => ({ size: before.tensor.dims[axis] as number, list }));
      this.#ofReader.set(reader, [...(this.#ofReader.get(reader) ?? []), ...own]);
    }
  }

  /** undefined where several lists fit about as well. */
  keptOf({ before, after, reader }: TensorPair): KeptChannels | undefined {
    const [axis = 0] = cutAxes(before.tensor.dims, after.tensor.dims) ?? [];
    const size = before.tensor.dims[axis] as number;
    const kept = after.tensor.dims[axis] as number;
    const near = reader ? this.#near(reader, size, kept) : [];
    const lists = near.length > 0 ? near : this.all.of(size, kept);
    const old = { dims: before.tensor.dims, values: numbersOf(before.tensor) };
    const now = numbersOf(after.tensor);
    const tried = lists
      .map((list) => ({ list, distance: distanceUnder(old, now, new Map([[axis, list]])) }))
      .sort((a, b) => a.distance - b.distance);
    const [best, second] = tried;
    if (!best || (second && second.distance <= CLEARLY_FARTHER * best.distance)) return undefined;
    const total = distanceUnder(
      { ...old, values: new Float64Array(old.values.length) },
      now,
      new Map([[axis, best.list]]),
    );
    if (near.length === 0 && best.distance > MOST_DISTANCE * total) return undefined;
    return { by: best.distance === 0 ? "value" : "likeness", kept: new Map([[axis, best.list]]) };
  }

  /** Lists of the nearest nodes, the reader first, that have any of these sizes; each once. */
  #near(reader: Node, size: number, kept: number): List[] {
    let nodes = new Set([reader]);
    for (let step = 0; step < MOST_STEPS && nodes.size > 0; step++) {
      const fitting = [...nodes]
        .flatMap((node) => this.#ofReader.get(node) ?? [])
        .filter((each) => each.size === size && each.list.length === kept);
      if (fitting.length > 0) return [...new Map(fitting.map(({ list }) => [list.join(), list])).values()];
      nodes = new Set([...nodes].flatMap(({ inputs }) => inputs.flatMap((value) => value?.producer ?? [])));
    }
    return [];
  }
}

function distanceUnder(before: Numbers, after: ArrayLike<number>, kept: Kept): number {
  const part = keptPart(before, kept).values;
  let distance = 0;
  for (let i = 0; i < part.length; i++) distance += Math.abs((part[i] as number) - (after[i] as number));
  return distance;
}
