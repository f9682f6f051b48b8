import protobuf from "protobufjs";
import { messageOf, UserError } from "../base/errors.js";
import { viewBytes } from "../ir/tensor.js";
import type { Long } from "./messages.js";
import { type Numbers, PackedRun } from "./wire-reader.js";

/** A repeated `float` field; a view where it is one aligned run. */
export function floatsIn(field: Numbers<number> = []): Float32Array {
  const bytes = onlyRun(field);
  if (bytes && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const values = new Float32Array(countIn(field, 4));
  fill(field, values);
  return values;
}

/** A repeated `double` field; a view where it is one aligned run. */
export function doublesIn(field: Numbers<number> = []): Float64Array {
  const bytes = onlyRun(field);
  if (bytes && bytes.byteOffset % 8 === 0)
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const values = new Float64Array(countIn(field, 8));
  fill(field, values);
  return values;
}

/** A repeated `int32` field. */
export function int32sIn(field: Numbers<number> = []): Int32Array {
  const values = new Int32Array(varintsIn(field));
  forEachVarint(
    field,
    (reader) => reader.int32(),
    (value, index) => {
      values[index] = value;
    },
  );
  return values;
}

/** A repeated `int64` field. */
export function int64sIn(field: Numbers<Long> = []): BigInt64Array {
  const values = new BigInt64Array(varintsIn(field));
  forEachVarint(
    field,
    (reader) => reader.int64(),
    (value, index) => {
      values[index] = bigintOf(value);
    },
  );
  return values;
}

/** A repeated `uint64` field. */
export function uint64sIn(field: Numbers<Long> = []): BigUint64Array {
  const values = int64sIn(field);
  return new BigUint64Array(values.buffer);
}

/** A 64-bit integer as a number; beyond 2^53 it can be no size, version or dimension of a real model. */
export function toNumber(value: Long, what: () => string): number {
  const number = value.high * 2 ** 32 + (value.low >>> 0);
  if (Number.isSafeInteger(number)) return number;
  throw new UserError(
    "damaged-model",
    `${what()} is ${bigintOf(value)}, which is out of range; the file is damaged`,
  );
}

/** A 64-bit integer as a bigint. */
export function bigintOf({ low, high, unsigned }: Long): bigint {
  return (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0);
}

/** A bigint as a 64-bit integer; whether it is signed makes no difference to how it is written. */
export function longOf(value: bigint): Long {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: false,
  };
}

function onlyRun(field: Numbers<number>): Uint8Array | undefined {
  const [first] = field;
  return field.length === 1 && first instanceof PackedRun ? first.bytes : undefined;
}

function countIn(field: Numbers<number>, width: number): number {
  return field.reduce<number>(
    (sum, item) => sum + (item instanceof PackedRun ? item.bytes.length / width : 1),
    0,
  );
}

/** Copies runs byte by byte, so that every NaN keeps its bits. */
function fill(field: Numbers<number>, values: Float32Array | Float64Array): void {
  const bytes = viewBytes(values);
  let at = 0;
  for (const item of field) {
    if (item instanceof PackedRun) {
      bytes.set(item.bytes, at * values.BYTES_PER_ELEMENT);
      at += item.bytes.length / values.BYTES_PER_ELEMENT;
    } else values[at++] = item;
  }
}

/** How many values there are: in a run, each ends with its only byte below 128. */
function varintsIn(field: Numbers<unknown>): number {
  let count = 0;
  for (const item of field) {
    if (!(item instanceof PackedRun)) count++;
    else for (const byte of item.bytes) if (byte < 128) count++;
  }
  return count;
}

function forEachVarint<T>(
  field: Numbers<T>,
  next: (reader: protobuf.Reader) => T,
  use: (value: T, index: number) => void,
): void {
  let index = 0;
  for (const item of field) {
    if (item instanceof PackedRun) for (const value of valuesIn(item, next)) use(value, index++);
    else use(item, index++);
  }
}

function* valuesIn<T>(run: PackedRun, next: (reader: protobuf.Reader) => T): Generator<T> {
  const reader = new protobuf.Reader(run.bytes);
  try {
    while (reader.pos < reader.len) yield next(reader);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("damaged-model", `a list of numbers in the model is damaged: ${messageOf(error)}`);
  }
}
