import { domainOf, type Node, type Value } from "../ir/index.js";
import { lookupOp, type OpKind, type OpWindow } from "../ops/index.js";

/** A type of operation of level 0. Widths do not count, nor does a normalization that could be folded away. */
export interface Primitive {
  /** Says all that tells types apart: "1×1 convolution, strided, relu". */
  readonly name: string;
  readonly kind: OpKind;
  /** The operation in one word, as names of blocks list it: "depthwise 3×3". */
  readonly word: string;
  /** The operator that gives it its name, in words: "max pool". */
  readonly operator: string;
  /**
   * What operations of one family have in common: neither the kernel's size counts nor the stride. Empty for what the
   * family of a block does not depend on.
   */
  readonly token: string;
  /** Some stride is above one. */
  readonly strided: boolean;
  /** An activation is part of it. */
  readonly isActivated: boolean;
  readonly window: OpWindow | undefined;
}

/** One operation of level 0 in the network: an operator, or several that count as one. */
export interface PrimitiveCall {
  readonly primitive: Primitive;
  /** Its operators in the order of the data. */
  readonly nodes: readonly Node[];
  /** What it reads that depends on the network's inputs; masks that many layers read are left out. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** What `primitiveOf` needs to know of an operation. */
export interface Compound {
  readonly kind: OpKind;
  readonly host: Node;
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly isRegion: boolean;
  readonly activation: string | undefined;
  readonly normalization: string | undefined;
}

export function primitiveOf(compound: Compound): Primitive {
  const { kind, host, isRegion, activation, normalization } = compound;
  const window = isRegion ? undefined : lookupOp(host)?.window?.(host);
  const strided = window?.strides.some((stride) => stride > 1) ?? false;
  const word = wordOf(compound, window);
  const isConvolution = kind === "convolution" && !isRegion;
  const title = isConvolution && !word.endsWith("convolution") ? `${word} convolution` : word;
  const name = [title, strided ? "strided" : "", normalization, activation].filter(Boolean).join(", ");
  const token = tokenOf(compound, window);
  const isActivated = activation !== undefined;
  return {
    name,
    kind,
    word,
    operator: plain(host.opType),
    token: token && isActivated ? `${token}+` : token,
    strided,
    isActivated,
    window,
  };
}

function wordOf(compound: Compound, window: OpWindow | undefined): string {
  const { kind, host, nodes, inputs, isRegion } = compound;
  if (isRegion)
    return printable(`${kind} (${[...new Set(nodes.map((node) => node.opType))].sort().join(", ")})`);
  switch (kind) {
    case "convolution":
      return window ? convolutionWord(window) : "convolution";
    case "pooling":
      return [plain(host.opType), sizeOf(window?.kernel ?? [])].join(" ").trim();
    case "linear":
      return inputs.length > 1 ? "matrix product" : "linear";
    case "movement":
      return nodes.map((node) => plain(node.opType)).join(", ");
    case "other":
      return printable(domainOf(host) === "" ? host.opType : `${domainOf(host)}.${host.opType}`);
    default:
      return plain(host.opType);
  }
}

function convolutionWord({ kernel, groups, depthwise, transposed }: OpWindow): string {
  const grouping = depthwise ? "depthwise" : groups > 1 ? "grouped" : "";
  return [transposed ? "transposed" : "", grouping, sizeOf(kernel) || "convolution"]
    .filter(Boolean)
    .join(" ");
}

/** 3×3 for [3, 3]. */
function sizeOf(kernel: readonly number[]): string {
  return kernel.join("×");
}

/** "global average pool" for GlobalAveragePool. */
function plain(opType: string): string {
  return printable(opType.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase());
}

/** Files may hold any name; a terminal should not see its control characters. */
function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, " ");
}

function tokenOf({ kind, host, inputs }: Compound, window: OpWindow | undefined): string {
  switch (kind) {
    case "convolution":
      return window ? convolutionToken(window) : "conv";
    case "linear":
      return inputs.length > 1 ? "product" : "linear";
    case "pooling":
    case "reduction":
    case "normalization":
    case "attention":
    case "recurrent":
      return kind;
    case "other":
      return host.opType;
    default:
      return "";
  }
}

/** The token of a 1×1 convolution; what follows is told apart by an activation behind it. */
export const POINTWISE = "pointwise";
export const DEPTHWISE = "depthwise";

function convolutionToken({ kernel, groups, depthwise, transposed }: OpWindow): string {
  if (transposed) return "transposed";
  if (depthwise) return DEPTHWISE;
  const isPoint = kernel.length > 0 && kernel.every((size) => size === 1);
  return `${groups > 1 ? "grouped " : ""}${isPoint ? POINTWISE : "spatial"}`;
}
