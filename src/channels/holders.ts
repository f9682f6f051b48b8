import type { Node, Tensor, Value } from "../ir/index.js";

/** What a constant's axis does for the channels it carries; a consumer sums over them. */
export type Role = "producer" | "channelwise" | "consumer";

/**
 * A constant as one of its readers sees it. Vectors (biases, scales, statistics) have a holder for each reader, so that
 * sharing one does not couple layers; weights have one holder for all readers.
 */
export interface Holder {
  readonly key: string;
  /** The value with the initializer, or the output of a Constant node. */
  readonly constant: Value;
  readonly tensor: Tensor;
  /** The node that reads the constant directly, where the holder is that reader's own. */
  readonly reader: Node | undefined;
  readonly blocks: Map<string, LabelBlock>;
  /** The stored value that means zero, where a reader says so; else 0. */
  zero?: number;
}

/** Labels on one axis of a constant, or on two together (a grouped convolution's weight). */
export interface LabelBlock {
  /** Key of the constant's holder. */
  readonly holder: string;
  readonly axes: readonly number[];
  readonly dims: readonly number[];
  readonly labels: Int32Array;
  role: Role;
  /** The axis holds the output channels of a layer: what a pruning ratio is about. */
  makesChannels: boolean;
  /** On two axes: into how many blocks the first is cut. */
  blockCount: number;
}

/** Whether a constant has one axis at most that is longer than one. */
export function isVectorLike(dims: readonly number[]): boolean {
  return dims.filter((dim) => dim > 1).length <= 1;
}

/** How a holder is called; the same in a sliced graph whose constants `originalName` leads back to. */
export function holderKey(name: string, dims: readonly number[], reader: Node, index: number): string {
  if (!isVectorLike(dims)) return name;
  return `${name}#${reader.outputs.find((value) => value)?.name ?? ""}:${index}`;
}

/** For the i-th slice of a block (along its last axis, for each block of its first where it has two) its label. */
export function unitPosition(block: LabelBlock, i: number): number {
  if (block.axes.length === 1) return i;
  const [rows, width] = block.dims as [number, number];
  return Math.floor(i / width) * (rows / block.blockCount) * width + (i % width);
}
