import type { ChannelRules } from "../../../src/channels/index.js";

/** A graph whose channels are coupled in a way that is easy to get wrong, with what must come out. */
export interface Pattern {
  readonly name: string;
  /** ONNX text; constants without values get random ones. */
  readonly text: string;
  /** Rules other than the default ones. */
  readonly rules?: Partial<ChannelRules>;
  /** Every channel group: "layers that make it: widest axis, sizes of its cells of units". */
  readonly groups: readonly string[];
  /** Every barrier that keeps channels of some layer: "code node tensor axis", "-" for the graph itself. */
  readonly barriers: readonly string[];
  /** Removing channels of one layer (axis 0 of a weight unless said otherwise) cuts just these constants. */
  readonly cut?: {
    readonly layer: string;
    readonly axis?: number;
    readonly channels: readonly number[];
    /** "tensor axis: positions", with "rows start-end" where the cut holds for a block. */
    readonly gives: readonly string[];
  };
}

interface Net {
  readonly constants: string;
  readonly nodes: string;
  readonly inputs?: string;
  readonly outputs?: string;
  readonly opset?: number;
}

/** One graph: x (2 × 3 × 4 × 4) to z unless said otherwise. */
export function net({
  constants,
  nodes,
  inputs = "float[2, 3, 4, 4] x",
  outputs = "float[] z",
  opset = 21,
}: Net): string {
  return `<ir_version: 10, opset_import: ["" : ${opset}]> f (${inputs}) => (${outputs}) <${constants}> {${nodes}}`;
}
