import { DataType } from "../../ir/data-type.js";
import { readNumbers } from "./numbers.js";
import type { Scanner } from "./scanner.js";

interface RawTarget {
  readonly dataType: DataType;
  /** Bytes that type and dimensions ask for. */
  readonly size: number;
  readonly label: string;
  readonly start: number;
}

/** How one written number is stored: bytes, and whether it is a float or a whole number in a range. */
interface Cell {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly range?: readonly [number, number];
}

const unsigned = (bytes: 1 | 2 | 4): Cell => ({ bytes, range: [0, 2 ** (8 * bytes) - 1] });
const signed = (bytes: 1 | 2 | 4): Cell => ({
  bytes,
  range: [-(2 ** (8 * bytes - 1)), 2 ** (8 * bytes - 1) - 1],
});
/** Bit patterns, as the standard syntax writes the small floats; packed bytes of the types below eight bits. */
const pattern = (bytes: 1 | 2): Cell => ({ bytes, range: [-(2 ** (8 * bytes - 1)), 2 ** (8 * bytes) - 1] });

const cells = new Map<DataType, Cell>([
  [DataType.FLOAT, { bytes: 4 }],
  [DataType.COMPLEX64, { bytes: 4 }],
  [DataType.DOUBLE, { bytes: 8 }],
  [DataType.COMPLEX128, { bytes: 8 }],
  [DataType.INT8, signed(1)],
  [DataType.INT16, signed(2)],
  [DataType.INT32, signed(4)],
  [DataType.UINT8, unsigned(1)],
  [DataType.BOOL, unsigned(1)],
  [DataType.UINT16, unsigned(2)],
  [DataType.UINT32, unsigned(4)],
  [DataType.INT64, { bytes: 8, range: [-(2 ** 63), 2 ** 63] }],
  [DataType.UINT64, { bytes: 8, range: [0, 2 ** 64] }],
  [DataType.FLOAT16, pattern(2)],
  [DataType.BFLOAT16, pattern(2)],
]);

/** Reads the numbers of a tensor up to `}` into raw bytes; rejects another count than type and dimensions ask for. */
export function readRaw(scanner: Scanner, target: RawTarget): Uint8Array {
  const cell = cells.get(target.dataType) ?? pattern(1);
  const count = target.size / cell.bytes;
  // Each number takes at least a digit and a comma, so dimensions alone cannot make us allocate.
  if (count > (scanner.bytes.length - target.start) / 2 + 1) {
    scanner.reject(`${target.label} needs ${count} values, more than the text holds`, target.start);
  }
  const bytes = new Uint8Array(target.size);
  const put = putter(scanner, target.dataType, cell, bytes.buffer);
  let at = 0;
  readNumbers(scanner, "}", (value, float, start, end) => {
    if (cell.range && (float || value < cell.range[0] || value > cell.range[1])) {
      scanner.fail(`a whole number that fits ${target.label}`, start);
    }
    if (at < count) put(at, value, start, end);
    at++;
  });
  if (at !== count) scanner.reject(`got ${at} values, expected ${count} for ${target.label}`, target.start);
  return bytes;
}

type Put = (at: number, value: number, start: number, end: number) => void;

function putter(scanner: Scanner, type: DataType, cell: Cell, buffer: ArrayBuffer): Put {
  const view = new DataView(buffer);
  if (!cell.range) return floatPutter(scanner, view, cell.bytes);
  if (cell.bytes === 8) {
    const bits = type === DataType.INT64 ? BigInt.asIntN : BigInt.asUintN;
    return (at, value, start, end) =>
      view.setBigInt64(at * 8, integerAt(scanner, value, start, end, bits), true);
  }
  if (cell.bytes === 4) return (at, value) => view.setInt32(at * 4, value, true);
  return cell.bytes === 2
    ? (at, value) => view.setInt16(at * 2, value, true)
    : (at, value) => view.setInt8(at, value);
}

/** Numbers in JavaScript have one NaN; the text has -nan as well, whose sign bit is set. */
function floatPutter(scanner: Scanner, view: DataView, width: number): Put {
  const set = width === 4 ? view.setFloat32.bind(view) : view.setFloat64.bind(view);
  return (at, value, start) => {
    set(at * width, value, true);
    const negativeNaN = Number.isNaN(value) && scanner.bytes[start] === 45;
    if (negativeNaN) view.setUint8(at * width + width - 1, 0xff);
  };
}

/** The whole number written at `start`, exact beyond 2^53; fails where `bits` (of 64) change it. */
export function integerAt(
  scanner: Scanner,
  value: number,
  start: number,
  end: number,
  bits: (bits: number, value: bigint) => bigint,
): bigint {
  const text = Number.isSafeInteger(value)
    ? value
    : Buffer.from(scanner.bytes.subarray(start, end)).toString();
  const exact = typeof text === "number" || /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  return exact !== undefined && bits(64, exact) === exact
    ? exact
    : scanner.fail("a whole number of 64 bits", start);
}
