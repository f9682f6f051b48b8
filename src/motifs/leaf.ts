import type { Node, Value } from "../ir/index.js";
import { kindOf, lookupOp, type OpKind, type OpRole } from "../ops/index.js";
import { type Primitive, type PrimitiveCall, primitiveOf } from "./primitive.js";

/** Kinds that make features; what else there is belongs to the layer before it or moves data about. */
const COMPUTES: ReadonlySet<OpKind> = new Set([
  "convolution",
  "linear",
  "pooling",
  "attention",
  "recurrent",
  "other",
]);

/** Kinds that take a normalization behind them into one compound operation. */
const LAYERS: ReadonlySet<OpKind> = new Set(["convolution", "linear", "recurrent", "attention"]);

/** Kinds behind which an activation or a scale and shift by constants is no operation of its own. */
const HOSTS: ReadonlySet<OpKind> = new Set([...LAYERS, "normalization", "activation", "elementwise"]);

/**
 * One operation of level 0: an operator, or several that count as one, such as Conv + BatchNormalization + Relu. Grows
 * while the tree of sections is built.
 */
export class Leaf implements PrimitiveCall {
  readonly type = "leaf";
  kind: OpKind;
  /** The operator that gives the operation its name. */
  host: Node;
  /** What is applied to the result: "Relu". */
  activation: string | undefined;
  /** A normalization of the result that is more than a scale and a shift of its channels. */
  normalization: string | undefined;
  /** A whole region taken as one operation. */
  isRegion: boolean;
  /** A normalization came after it: one operator, or a region that may have been taken apart in two. */
  #normalizer: Leaf | undefined;
  #primitive: Primitive | undefined;
  readonly #nodes: Node[];

  constructor(
    nodes: readonly Node[],
    public inputs: readonly Value[],
    public outputs: readonly Value[],
    regionKind?: OpKind,
  ) {
    this.#nodes = [...nodes];
    this.host = nodes[0] as Node;
    this.isRegion = regionKind !== undefined;
    this.kind = regionKind ?? kindOf(this.host);
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get role(): OpRole | undefined {
    return this.isRegion ? undefined : lookupOp(this.host)?.role;
  }

  /** Whether nothing is computed, only passed on. */
  get isInert(): boolean {
    return this.role === "inert";
  }

  /** Whether it makes no features of its own: elementwise, normalizing, moving data. */
  get isLight(): boolean {
    return !COMPUTES.has(this.kind);
  }

  /** Whether it brings several branches together. */
  get isJoin(): boolean {
    return this.inputs.length > 1;
  }

  /** The type of this operation: equal for equal structure, whatever the widths. */
  get primitive(): Primitive {
    this.#primitive ??= primitiveOf(this);
    return this.#primitive;
  }

  /** Takes the operation that alone reads this one's output, if the two count as one; false where they do not. */
  absorb(next: Leaf): boolean {
    if (this.isInert && !next.isInert) this.#become(next);
    else if (!this.#takes(next)) return false;
    for (const node of next.nodes) this.#nodes.push(node);
    this.outputs = next.outputs;
    this.#primitive = undefined;
    return true;
  }

  #become(next: Leaf): void {
    this.host = next.host;
    this.kind = next.kind;
    this.isRegion = next.isRegion;
    this.activation = next.activation;
    this.normalization = next.normalization;
    this.#normalizer = next.#normalizer;
  }

  #takes(next: Leaf): boolean {
    if (next.isInert) return true;
    if (this.kind === "movement") return next.kind === "movement";
    if (!HOSTS.has(this.kind) && !this.isJoin) return false;
    switch (next.kind) {
      case "elementwise":
        return true;
      case "activation":
        return this.#takesActivation(next);
      case "normalization":
        return this.#takesNormalization(next);
      default:
        return false;
    }
  }

  #takesActivation(next: Leaf): boolean {
    if (this.activation !== undefined || this.kind === "activation") return false;
    if (this.kind === "elementwise" && !this.isJoin) this.#become(next);
    else this.activation = next.primitive.name;
    return true;
  }

  #takesNormalization(next: Leaf): boolean {
    if (this.activation !== undefined) return false;
    const isFirst = LAYERS.has(this.kind) && !this.#normalizer;
    const before = this.kind === "normalization" ? this : this.#normalizer;
    // x - mean(x), then that over its deviation: two regions, one normalization.
    const isSecondHalf = before?.isRegion === true && next.isRegion;
    if (!isFirst && !isSecondHalf) return false;
    this.#normalizer ??= next;
    if (LAYERS.has(this.kind) && next.role !== "affine") this.normalization = next.primitive.word;
    this.activation = next.activation;
    return true;
  }
}

/** The kind of a whole region of light operations with one input and one output: a gelu, a layer norm, a rolled image. */
export function collapsedKind(kinds: ReadonlySet<OpKind>): OpKind {
  if (kinds.has("concat")) return "movement";
  if (kinds.has("reduction") || kinds.has("normalization")) return "normalization";
  return kinds.has("activation") || kinds.has("elementwise") ? "activation" : "movement";
}
