import { UserError } from "../base/errors.js";
import { DataType } from "../ir/index.js";
import type { Port } from "./port.js";

/** Sizes for open dimensions by position: the first is the batch, then the second, then all others. */
export interface OpenSizes {
  readonly batch: number;
  readonly second: number;
  readonly rest: number;
}

/** Tried one after another until the model works: sizes inside a model may be fixed, or want to be large. */
const CANDIDATES: readonly OpenSizes[] = [
  { batch: 2, second: 8, rest: 64 },
  { batch: 1, second: 8, rest: 64 },
  { batch: 1, second: 512, rest: 64 },
  { batch: 1, second: 64, rest: 320 },
  { batch: 1, second: 576, rest: 640 },
];

/** What the user asks of a model's open dimensions. */
export interface InputChoice {
  /** Whole shapes by input name. */
  readonly inputShapes?: ReadonlyMap<string, readonly number[]> | undefined;
  /** Size of every open first dimension. */
  readonly batch?: number | undefined;
}

/** Dimensions of every tensor input by name. */
export type PinnedInputs = ReadonlyMap<string, readonly number[]>;

/**
 * Choices of dimensions for the inputs of a model, to be tried in this order; just one where nothing is open. First
 * every open dimension has a size by its position alone, then those of the same name have the same size. Throws a
 * UserError for a name or a shape that does not fit the model.
 */
export function candidateInputs(inputs: readonly Port[], choice: InputChoice = {}): PinnedInputs[] {
  const candidates = new Map<string, PinnedInputs>();
  for (const byName of [false, true]) {
    for (const sizes of CANDIDATES) {
      const open = { ...sizes, batch: choice.batch ?? sizes.batch };
      const pinned = pinInputs(
        inputs,
        byName ? sizesByName(inputs, open) : sizesByPosition(open),
        choice.inputShapes,
      );
      candidates.set(JSON.stringify([...pinned.values()]), pinned);
    }
  }
  return [...candidates.values()];
}

/** True where an input has an open dimension beside the first that the user did not pin. */
export function hasOpenInnerSizes(inputs: readonly Port[], { inputShapes }: InputChoice): boolean {
  return inputs.some(
    ({ name, dims }) => !inputShapes?.has(name) && dims.slice(1).some((size) => !isFixed(size)),
  );
}

/** "name:1,3,224,224" as a name and sizes; the name may hold colons itself. Throws a UserError. */
export function parseInputShape(text: string): [name: string, dims: number[]] {
  const colon = text.lastIndexOf(":");
  const sizes = text.slice(colon + 1);
  const dims = sizes === "" ? [] : sizes.split(",").map(Number);
  if (colon < 1 || dims.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw new UserError(
      "input-shape",
      `input shape "${text}": expected an input's name and positive sizes, like input:1,3,224,224`,
    );
  }
  return [text.slice(0, colon), dims];
}

/** The size for an open dimension, from its name ("" where it has none) and its axis. */
type SizeOf = (name: string, axis: number) => number;

function sizesByPosition({ batch, second, rest }: OpenSizes): SizeOf {
  return (_, axis) => [batch, second][axis] ?? rest;
}

/** Where a name comes first decides for all its places. */
function sizesByName(inputs: readonly Port[], open: OpenSizes): SizeOf {
  const byPosition = sizesByPosition(open);
  const sizes = new Map<string, number>();
  for (const { dims } of inputs) {
    for (const [axis, size] of dims.entries()) {
      if (typeof size === "string" && size !== "" && !sizes.has(size))
        sizes.set(size, byPosition(size, axis));
    }
  }
  return (name, axis) => sizes.get(name) ?? byPosition(name, axis);
}

function pinInputs(
  inputs: readonly Port[],
  sizeOf: SizeOf,
  byUser: ReadonlyMap<string, readonly number[]> = new Map(),
): PinnedInputs {
  for (const name of byUser.keys()) {
    if (inputs.some((input) => input.name === name)) continue;
    const names = inputs.map((input) => input.name).join(", ");
    throw new UserError("input-shape", `input shape for ${name}: the model's inputs are ${names}`);
  }
  const pinned = new Map<string, readonly number[]>();
  for (const input of inputs) {
    if (input.dataType === DataType.UNDEFINED) continue;
    const chosen = input.dims.map((size, axis) => (isFixed(size) ? size : sizeOf(String(size), axis)));
    const dims = byUser.get(input.name) ?? chosen;
    checkFits(input, dims);
    pinned.set(input.name, dims);
  }
  return pinned;
}

function checkFits({ name, dims: declared }: Port, dims: readonly number[]): void {
  // Without dimensions the port is a scalar or of any rank; the run will tell.
  if (declared.length === 0) return;
  const fits =
    dims.length === declared.length && declared.every((size, axis) => !isFixed(size) || size === dims[axis]);
  if (fits) return;
  const wanted = declared.map((size) => (isFixed(size) ? size : size || "?")).join(",");
  throw new UserError(
    "input-shape",
    `input shape for ${name}: got ${dims.join(",")}, the model wants ${wanted}`,
  );
}

function isFixed(size: number | string): size is number {
  return typeof size === "number" && size > 0;
}
