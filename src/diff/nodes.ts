import { createHash } from "node:crypto";
import { UserError } from "../base/errors.js";
import {
  type Attribute,
  domainOf,
  type Graph,
  graphDifferences,
  graphsOf,
  type Node,
  nameOfType,
  rawBytes,
  type Tensor,
  textOf,
  type Value,
} from "../ir/index.js";
import { type Edges, sourceText } from "./edges.js";
import { constantOf } from "./source.js";
import type { TensorChange } from "./tensors.js";

/** A node of one of the models. */
export interface NodeName {
  readonly name: string;
  readonly opType: string;
}

/** Something that both models have with different values; null where one has none. */
export interface Change {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A node of both models that does not do the same in both. */
export interface NodeChange extends NodeName {
  readonly nameBefore: string;
  readonly attributes: readonly Change[];
  /** Inputs that come from another place; `name` is the position. */
  readonly inputs: readonly Change[];
  /** Names of the constants that it reads and that differ. */
  readonly tensors: readonly string[];
}

export interface NodeDifferences {
  readonly added: readonly NodeName[];
  readonly removed: readonly NodeName[];
  /** By the second graph's nodes. */
  readonly changed: ReadonlyMap<Node, NodeChange>;
  readonly unchanged: number;
  /** Nodes of both models under different names; that alone is no difference. */
  readonly renamed: number;
}

export function nodeDifferences(
  a: Graph,
  b: Graph,
  edges: Edges,
  tensors: ReadonlyMap<Value, TensorChange>,
): NodeDifferences {
  const { matching } = edges;
  const changed = new Map<Node, NodeChange>();
  let renamed = 0;
  for (const node of b.nodes) {
    const original = matching.ofB(node);
    if (!original) continue;
    if ((original.name ?? "") !== (node.name ?? "")) renamed++;
    const change = changeOf(original, node, edges, tensors);
    if (change.attributes.length + change.inputs.length + change.tensors.length > 0)
      changed.set(node, change);
  }
  return {
    added: b.nodes.filter((node) => !matching.ofB(node)).map(nameOf),
    removed: a.nodes.filter((node) => !matching.ofA(node)).map(nameOf),
    changed,
    unchanged: matching.size - changed.size,
    renamed,
  };
}

export function nameOf(node: Node): NodeName {
  const domain = domainOf(node);
  return { name: node.label, opType: domain === "" ? node.opType : `${domain}.${node.opType}` };
}

function changeOf(a: Node, b: Node, edges: Edges, tensors: ReadonlyMap<Value, TensorChange>): NodeChange {
  const count = Math.max(a.inputs.length, b.inputs.length);
  const moved = Array.from({ length: count }, (_, index) => index).filter(
    (index) => !edges.correspond(a.inputs[index], b.inputs[index]),
  );
  return {
    ...nameOf(b),
    nameBefore: a.label,
    attributes: attributeChanges(a, b),
    inputs: moved.map((index) => ({
      name: String(index),
      before: sourceText(a.inputs[index]),
      after: sourceText(b.inputs[index]),
    })),
    tensors: b.inputs.flatMap((value) => {
      const constant = constantOf(value);
      return (constant && tensors.get(constant.value)?.name) ?? [];
    }),
  };
}

function attributeChanges(a: Node, b: Node): Change[] {
  return [...new Set([...a.attributes.keys(), ...b.attributes.keys()])].sort().flatMap((name): Change[] => {
    const [left, right] = [a.attributes.get(name), b.attributes.get(name)];
    const [before, after] = [attributeText(left), attributeText(right)];
    if (before !== after) return [{ name, before, after }];
    const bodies = bodyDifferences(left, right);
    return bodies.length === 0 ? [] : [{ name, before, after: `${bodies.length} differences: ${bodies[0]}` }];
  });
}

function bodyDifferences(a: Attribute | undefined, b: Attribute | undefined): string[] {
  const [left, right] = [a ? graphsOf(a) : [], b ? graphsOf(b) : []];
  return left.flatMap((graph, index) => {
    const other = right[index];
    return other ? graphDifferences(graph, other) : [];
  });
}

/** An attribute's kind and value; tensors and other large things by their bytes, bodies by their number. */
export function attributeText(item: Attribute | undefined): string | null {
  if (!item) return null;
  if (item.kind === "string") return JSON.stringify(textOf(item.value));
  if (item.kind === "graph" || item.kind === "graphs") return `${graphsOf(item).length} graphs`;
  if (item.kind === "tensor" && item.value.content.kind !== "strings") return tensorText(item.value);
  return JSON.stringify(item.value, plain) ?? "nothing";
}

/** However it is stored and whatever it is called. */
function tensorText(tensor: Tensor): string {
  const type = `${nameOfType(tensor.dataType)}[${tensor.dims}]`;
  try {
    return `${type} #${createHash("sha256").update(rawBytes(tensor)).digest("hex").slice(0, 12)}`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${type} that cannot be read: ${error.message}`;
  }
}

function plain(key: string, value: unknown): unknown {
  if (key === "carried" || key === "docString" || key === "metadata" || key === "read") return undefined;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) && value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value;
}
