import { isParameter } from "../analysis/index.js";
import { UserError } from "../base/errors.js";
import { nameOfType, numbersOf, rawBytes, type Tensor, tensorDifferences } from "../ir/index.js";
import { type Kept, keptPart } from "./cut.js";
import type { KeptBy, KeptChannels } from "./kept.js";
import type { Constant, TensorMatching, TensorPair } from "./tensor-pairs.js";

/** A constant that differs, or that one of the models alone has. */
export interface TensorChange {
  /** In the second model; in the first where it was removed. */
  readonly name: string;
  readonly status: "added" | "removed" | "changed";
  /** The first node that reads it; empty where none does, or where only one model has it. */
  readonly node: string;
  readonly before: TensorSide | null;
  readonly after: TensorSide | null;
  /**
   * How far the values that stayed have moved; null where nothing can be said: no numbers, or dimensions that differ
   * in a way that was not found out.
   */
  readonly values: ValueChange | null;
  /** Why its data cannot be read. */
  readonly problem?: string;
}

export interface TensorSide {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** Euclidean norm of all elements; null for what is no parameter. */
  readonly l2: number | null;
}

export interface ValueChange {
  readonly largest: number;
  /** Of all values as two vectors; 1 for equal directions. */
  readonly cosine: number;
}

/** Channels that left one axis of a constant. */
export interface ChannelChange {
  readonly tensor: string;
  readonly node: string;
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  /** Positions in the first model; null where they were not found. */
  readonly removed: readonly number[] | null;
  readonly by: KeptBy | null;
  /** Mean cosine of kept channels, where they were found by likeness. */
  readonly likeness: number | null;
}

/** What differs between the constants of two graphs. */
export function tensorChanges(
  { pairs, added, removed }: TensorMatching,
  kept: ReadonlyMap<TensorPair, KeptChannels>,
): TensorChange[] {
  return [
    ...pairs.flatMap((pair) => changeOf(pair, kept.get(pair)?.kept) ?? []),
    ...added.map((constant) => alone(constant, "added")),
    ...removed.map((constant) => alone(constant, "removed")),
  ];
}

/** Every shortened axis of the constants that correspond. */
export function channelChanges(
  pairs: readonly TensorPair[],
  kept: ReadonlyMap<TensorPair, KeptChannels>,
): ChannelChange[] {
  return pairs.flatMap((pair) => {
    const { before, after, reader } = pair;
    const [from, to] = [before.tensor.dims, after.tensor.dims];
    if (!isParameter(before.tensor) || from.length !== to.length) return [];
    return [...from.keys()].flatMap((axis): ChannelChange[] => {
      const [was, is] = [from[axis] as number, to[axis] as number];
      if (is >= was) return [];
      const found = kept.get(pair);
      const list = found && new Set(found.kept.get(axis));
      return [
        {
          tensor: after.value.name,
          node: reader?.label ?? "",
          axis,
          before: was,
          after: is,
          removed: list ? Array.from({ length: was }, (_, at) => at).filter((at) => !list.has(at)) : null,
          by: found?.by ?? null,
          likeness: found?.likeness ?? null,
        },
      ];
    });
  });
}

function changeOf(pair: TensorPair, kept: Kept | undefined): TensorChange | undefined {
  const { before, after, reader } = pair;
  try {
    if (sameElements(before.tensor, after.tensor)) return undefined;
    return {
      name: after.value.name,
      status: "changed",
      node: reader?.label ?? "",
      before: sideOf(before),
      after: sideOf(after),
      values: valueChange(before.tensor, after.tensor, kept),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const sides = { before: plainSide(before), after: plainSide(after), problem: error.message };
    return { name: after.value.name, status: "changed", node: reader?.label ?? "", ...sides, values: null };
  }
}

function alone(constant: Constant, status: "added" | "removed"): TensorChange {
  const side = plainSide(constant);
  const sides = status === "added" ? { before: null, after: side } : { before: side, after: null };
  return { name: constant.value.name, status, node: "", ...sides, values: null };
}

/** Equal type, dimensions and bits, however they are stored. */
function sameElements(a: Tensor, b: Tensor): boolean {
  if (a === b) return true;
  if (a.dataType !== b.dataType || String(a.dims) !== String(b.dims)) return false;
  if (a.content.kind === "strings" || b.content.kind === "strings")
    return tensorDifferences(a.with({ name: "" }), b.with({ name: "" })).length === 0;
  return Buffer.compare(rawBytes(a), rawBytes(b)) === 0;
}

function plainSide({ value, tensor }: Constant): TensorSide {
  return { name: value.name, type: nameOfType(tensor.dataType), dims: tensor.dims, l2: null };
}

function sideOf(constant: Constant): TensorSide {
  const { tensor } = constant;
  if (!isParameter(tensor)) return plainSide(constant);
  const values = numbersOf(tensor);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] as number) ** 2;
  return { ...plainSide(constant), l2: Math.sqrt(squares) };
}

function valueChange(before: Tensor, after: Tensor, kept: Kept | undefined): ValueChange | null {
  if (before.content.kind === "strings" || after.content.kind === "strings") return null;
  const sameDims = String(before.dims) === String(after.dims);
  if (!sameDims && !kept) return null;
  const whole = { dims: before.dims, values: numbersOf(before) };
  const old = (kept ? keptPart(whole, kept) : whole).values;
  const now = numbersOf(after);
  let [largest, product, oldSquares, nowSquares] = [0, 0, 0, 0];
  for (let i = 0; i < now.length; i++) {
    const [x, y] = [old[i] as number, now[i] as number];
    if (!Object.is(x, y)) largest = Math.max(largest, Math.abs(x - y));
    product += x * y;
    oldSquares += x * x;
    nowSquares += y * y;
  }
  const norms = Math.sqrt(oldSquares) * Math.sqrt(nowSquares);
  return {
    largest,
    cosine: norms === 0 ? (oldSquares === nowSquares ? 1 : 0) : Math.min(1, product / norms),
  };
}
