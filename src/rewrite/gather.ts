import { bytesOfSource, memorySource } from "../base/bytes.js";
import { invariant } from "../base/errors.js";
import { bitsOf, elementsOf, FetchedContent, rawBytes, rawSource, type Tensor } from "../ir/index.js";
import { CutSource, type RowCut } from "./cut-source.js";
import { packBits, unpackBits } from "./packed-bits.js";

/** Positions that stay on one axis, the same everywhere or one list for each equal block of another axis. */
export interface AxisCut {
  readonly axis: number;
  readonly kept: readonly number[];
  readonly blocks?: { readonly axis: number; readonly kept: readonly (readonly number[])[] };
}

/** From so many bytes on a cut tensor is made when somebody reads it: many of them would not fit into memory together. */
const LARGE = 1 << 16;

/**
 * The tensor without what the cuts take, bit for bit: elements are moved, never converted. At most one cut has blocks.
 * A large tensor is read only while the result is read.
 */
export function cutTensor(tensor: Tensor, cuts: readonly AxisCut[]): Tensor {
  const bits = bitsOf(tensor.dataType);
  invariant(bits !== undefined, () => `${tensor.name}: elements of this type cannot be cut`);
  const dims = tensor.dims.map((size, axis) => {
    const cut = cuts.find((each) => each.axis === axis);
    return cut ? (cut.blocks?.kept[0] ?? cut.kept).length : size;
  });
  const cut = rowCutOf(tensor.dims, Math.max(1, bits / 8), cuts);
  if (bits < 8) {
    const unpacked = memorySource(unpackBits(rawBytes(tensor), bits, tensor.elements));
    const bytes = packBits(bytesOfSource(new CutSource(unpacked, cut)), bits);
    return tensor.with({ dims, content: { kind: "raw", bytes } });
  }
  const source = new CutSource(rawSource(tensor), cut);
  invariant(source.length === (elementsOf(dims) * bits) / 8, () => `${tensor.name}: cut to a wrong size`);
  const content =
    source.length < LARGE
      ? ({ kind: "raw", bytes: bytesOfSource(source) } as const)
      : new FetchedContent(source);
  return tensor.with({ dims, content });
}

/** Rows lie along the first axis that is more than one long; columns reach down to the innermost axis with a cut. */
function rowCutOf(dims: readonly number[], width: number, cuts: readonly AxisCut[]): RowCut {
  const [blocked, ...others] = cuts.filter(({ blocks }) => blocks);
  invariant((blocked?.blocks?.axis ?? 0) === 0, "blocks lie on the first axis");
  const axes = new Set(cuts.map(({ axis }) => axis));
  invariant(others.length === 0 && axes.size === cuts.length, "an axis is cut once, and one in blocks");
  const first = blocked ? 0 : dims.findIndex((size, axis) => size !== 1 || axes.has(axis));
  const outer = Math.max(0, first);
  const inner = Math.max(outer, ...axes);
  const kept = (axis: number, block: number) => {
    const cut = cuts.find((each) => each.axis === axis);
    return cut?.blocks?.kept[block] ?? cut?.kept ?? [...new Array(dims[axis] ?? 1).keys()];
  };
  const blockCount = blocked?.blocks?.kept.length ?? 1;
  const columns = Array.from({ length: blockCount }, (_, block) => {
    let positions: readonly number[] = [0];
    for (let axis = outer + 1; axis <= inner; axis++) {
      const own = kept(axis, block);
      const size = dims[axis] as number;
      positions = axis === outer + 1 ? own : positions.flatMap((at) => own.map((each) => at * size + each));
    }
    return positions;
  });
  return {
    rowBytes: elementsOf(dims.slice(outer + 1)) * width,
    rows: kept(outer, -1),
    rowsPerBlock: (dims[outer] ?? 1) / blockCount,
    columns,
    columnBytes: elementsOf(dims.slice(inner + 1)) * width,
  };
}
