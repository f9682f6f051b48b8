import { domainOf, type Node } from "../ir/index.js";

/** Why onnxruntime did not load a probe, as far as it says what to leave out. */
export type ProbeFailure =
  /** An operator that it does not know. */
  | { readonly kind: "unknown-operator"; readonly node: NodePattern }
  /** An operator that it has no kernel for. */
  | { readonly kind: "no-kernel"; readonly node: NodePattern }
  /** A node whose inputs do not fit: perhaps just at these sizes. */
  | { readonly kind: "misfit"; readonly node: NodePattern }
  /** A type that its JavaScript interface cannot name. */
  | { readonly kind: "unnamed-type" }
  | { readonly kind: "other" };

/** What a message says about a node. */
export interface NodePattern {
  readonly type: string;
  readonly domain?: string | undefined;
  readonly name?: string | undefined;
}

/** Reads one of onnxruntime's messages. */
export function failureOf(message: string): ProbeFailure {
  const unregistered = /Fatal error: (\S*):(\w+)\(-?\d+\) is not a registered function/.exec(message);
  if (unregistered)
    return { kind: "unknown-operator", node: { domain: unregistered[1], type: unregistered[2] ?? "" } };
  const invalid = /In Node, \("([^"]*)", ([^,]+), "([^"]*)", .*Error No (?:opset import|Op registered)/s.exec(
    message,
  );
  if (invalid) return { kind: "unknown-operator", node: { domain: invalid[3], type: invalid[2] ?? "" } };
  const missing = /Could not find an implementation for (\w+)\(\d+\) node with name '([^']*)'/.exec(message);
  if (missing) return { kind: "no-kernel", node: { type: missing[1] ?? "", name: missing[2] } };
  const misfit = /Node \((.*?)\) Op \((\w+)\) \[(?:Shape|Type)InferenceError\]/s.exec(message);
  if (misfit) return { kind: "misfit", node: { type: misfit[2] ?? "", name: misfit[1] } };
  if (/Unsupported data type: \d+/.test(message)) return { kind: "unnamed-type" };
  return { kind: "other" };
}

/** True for the nodes that a message may mean: without a name in it, all of the type. */
export function meansNode(node: Node, { type, domain, name }: NodePattern): boolean {
  if (node.opType !== type) return false;
  if (domain !== undefined && domainOf(node) !== domainOf({ domain })) return false;
  return !name || node.name === name;
}
