import { UserError } from "../base/errors.js";

/** The elements of an .npy file in C order, in the smallest array that holds their type (float16 as float32). */
export type NpyValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: NpyValues;
}

/** The header of an .npy file: what numpy calls descr ("<f4"), fortran_order and shape, and where the elements start. */
interface NpyHeader {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

type Decoder = (buffer: ArrayBufferLike, offset: number, count: number) => NpyValues;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["b1", (...at) => new Uint8Array(...at)],
  ["u1", (...at) => new Uint8Array(...at)],
  ["i1", (...at) => new Int8Array(...at)],
  ["u2", (...at) => new Uint16Array(...at)],
  ["i2", (...at) => new Int16Array(...at)],
  ["u4", (...at) => new Uint32Array(...at)],
  ["i4", (...at) => new Int32Array(...at)],
  ["u8", (...at) => new BigUint64Array(...at)],
  ["i8", (...at) => new BigInt64Array(...at)],
  ["f2", (...at) => halvesToFloats(new Uint16Array(...at))],
  ["f4", (...at) => new Float32Array(...at)],
  ["f8", (...at) => new Float64Array(...at)],
]);

/**
 * Reads an .npy file of format 1, 2 or 3 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 * numbers and booleans of either byte order, C or Fortran order. The values may be a view of `bytes`. `where` names it
 * in errors.
 */
export function readNpy(bytes: Buffer, where: string): NpyArray {
  const { descr, fortran, shape, start } = readHeader(bytes, where);
  const [, order = "", type = ""] = /^([<>|=])(\w+)$/.exec(descr) ?? [];
  const decode = decoders.get(type);
  if (!decode) {
    const known = [...decoders.keys()].join(", ");
    throw new UserError("npy-type", `${where} has elements of type ${descr}, expected one of ${known}`);
  }
  const width = Number(type.slice(1));
  const count = shape.reduce((product, size) => product * size, 1);
  if (start + count * width !== bytes.length) {
    throw new UserError(
      "data-wrong-size",
      `${where} has ${bytes.length - start} bytes of elements, its shape [${shape.join(", ")}] of ${descr} needs ${count * width}`,
    );
  }
  const elements = bytes.subarray(start);
  // A view where it can be one; typed arrays want aligned bytes in the machine's order.
  const usable = order !== ">" && elements.byteOffset % width === 0;
  const data = usable ? elements : Buffer.from(new Uint8Array(elements).buffer);
  if (order === ">") swapBytes(data, width);
  const values = decode(data.buffer, data.byteOffset, count);
  return { shape, values: fortran && shape.length > 1 ? toRowMajor(values, shape) : values };
}

function readHeader(bytes: Buffer, where: string): NpyHeader {
  const fail = (what: string): never => {
    throw new UserError("npy-header", `${where} is no .npy array: ${what}`);
  };
  if (bytes.length < 12 || bytes.toString("latin1", 0, 6) !== "\x93NUMPY")
    fail("it does not start with \\x93NUMPY");
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) fail(`format ${version}, expected 1 to 3`);
  const at = version === 1 ? 10 : 12;
  const start = at + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  if (start > bytes.length) fail(`its header ends at byte ${start} of ${bytes.length}`);
  const text = bytes.toString("utf8", at, start);
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    return fail(
      `its header is ${JSON.stringify(text.slice(0, 120).trim())}; structured and object arrays are not read`,
    );
  }
  const sizes = shape.split(",").map((size) => size.trim());
  return {
    descr,
    fortran: fortran === "True",
    shape: sizes.filter((size) => size !== "").map(Number),
    start,
  };
}

function swapBytes(data: Buffer, width: number): void {
  if (width === 2) data.swap16();
  else if (width === 4) data.swap32();
  else if (width === 8) data.swap64();
}

/** Fortran order has the first axis innermost; C order the last. */
function toRowMajor<T extends NpyValues>(values: T, shape: readonly number[]): T {
  const out = values.slice() as T;
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, 1);
  const position = new Array<number>(shape.length).fill(0);
  for (let i = 0, from = 0; i < out.length; i++) {
    out[i] = values[from] as T[number];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      if (next < (shape[axis] ?? 0)) {
        position[axis] = next;
        from += stride;
        break;
      }
      position[axis] = 0;
      from -= stride * (next - 1);
    }
  }
  return out;
}

function halvesToFloats(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = halfToNumber(halves[i] ?? 0);
  return floats;
}

/** IEEE 754 binary16 bits as a number. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}
