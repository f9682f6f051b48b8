import { invariant } from "../base/errors.js";
import { bitsOf, bytesOf, elementsOf, rawBytes, type Tensor, viewBytes } from "../ir/index.js";
import { packBits, unpackBits } from "./packed-bits.js";

/** Positions that stay on one axis, the same everywhere or one list for each equal block of another axis. */
export interface AxisCut {
  readonly axis: number;
  readonly kept: readonly number[];
  readonly blocks?: { readonly axis: number; readonly kept: readonly (readonly number[])[] };
}

/**
 * The tensor without what the cuts take, bit for bit: elements are moved, never converted. Blocked cuts come first, in
 * the original's coordinates.
 */
export function cutTensor(tensor: Tensor, cuts: readonly AxisCut[]): Tensor {
  const bits = bitsOf(tensor.dataType);
  invariant(bits !== undefined, () => `${tensor.name}: elements of this type cannot be cut`);
  let dims = [...tensor.dims];
  let bytes = bits < 8 ? unpackBits(rawBytes(tensor), bits, tensor.elements) : rawBytes(tensor);
  const width = Math.max(1, bits / 8);
  for (const cut of [...cuts].sort(
    (a, b) => Number(b.blocks !== undefined) - Number(a.blocks !== undefined),
  )) {
    bytes = cut.blocks
      ? cutBlocks(bytes, dims, width, cut.axis, cut.blocks)
      : cutAxis(bytes, dims, width, cut.axis, cut.kept);
    dims = dims.map((size, axis) => (axis === cut.axis ? (cut.blocks?.kept[0] ?? cut.kept).length : size));
  }
  const packed = bits < 8 ? packBits(bytes, bits) : bytes;
  invariant(
    packed.length === bytesOf(tensor.dataType, elementsOf(dims)),
    () => `${tensor.name}: cut to a wrong size`,
  );
  return tensor.with({ dims, content: { kind: "raw", bytes: packed } });
}

function cutAxis(
  bytes: Uint8Array,
  dims: readonly number[],
  width: number,
  axis: number,
  kept: readonly number[],
): Uint8Array {
  const size = dims[axis] as number;
  const inner = elementsOf(dims.slice(axis + 1)) * width;
  const outer = elementsOf(dims.slice(0, axis));
  if (kept.length === size) return bytes;
  if (inner % 4 === 0 && inner <= FEW_BYTES) return viewBytes(cutWords(bytes, outer, size, inner / 4, kept));
  const result = new Uint8Array(outer * kept.length * inner);
  const runs = runsOf(kept);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    const base = o * size * inner;
    for (const [start, end] of runs) {
      const part = bytes.subarray(base + start * inner, base + end * inner);
      result.set(part, to);
      to += part.length;
    }
  }
  return result;
}

/** Up to here moving word by word beats copying stretches (1 x 1 and 3 x 3 kernels). */
const FEW_BYTES = 64;

function cutWords(
  bytes: Uint8Array,
  outer: number,
  size: number,
  inner: number,
  kept: readonly number[],
): Uint32Array {
  const result = new Uint32Array(outer * kept.length * inner);
  // A view reads at any alignment, without a copy of the whole tensor.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = Int32Array.from(kept, (at) => at * inner);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    const base = o * size * inner;
    for (let k = 0; k < starts.length; k++) {
      const from = base + (starts[k] as number);
      for (let i = 0; i < inner; i++) result[to++] = view.getUint32(4 * (from + i), LITTLE_ENDIAN);
    }
  }
  return result;
}

/** What is read as a word of this machine is written as one. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Stretches [start, end) of consecutive positions. */
function runsOf(kept: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const at of kept) {
    const last = runs.at(-1);
    if (last && last[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

function cutBlocks(
  bytes: Uint8Array,
  dims: readonly number[],
  width: number,
  axis: number,
  blocks: NonNullable<AxisCut["blocks"]>,
): Uint8Array {
  invariant(blocks.axis === 0, "blocks lie on the first axis");
  const rows = (dims[0] as number) / blocks.kept.length;
  const blockBytes = bytes.length / blocks.kept.length;
  const blockDims = [rows, ...dims.slice(1)];
  const parts = blocks.kept.map((kept, b) => {
    return cutAxis(bytes.subarray(b * blockBytes, (b + 1) * blockBytes), blockDims, width, axis, kept);
  });
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    result.set(part, to);
    to += part.length;
  }
  return result;
}
