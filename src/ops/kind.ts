import { domainOf } from "../ir/index.js";
import type { OpKind } from "./define.js";
import { lookupOp } from "./table.js";

/**
 * Operators, by domain and name, about which nothing is known but what kind of edge they are: their channels stay, but a
 * hierarchical graph shows the structure around them. An entry in the op table takes the place of the line here.
 */
export const kindsOnly: ReadonlyMap<string, OpKind> = new Map([
  [" SequenceConstruct", "movement"],
  [" ConcatFromSequence", "concat"],
]);

/** What kind of edge a node is in a hierarchical graph; "other" for operators that nobody told of. */
export function kindOf(node: { readonly opType: string; readonly domain: string | undefined }): OpKind {
  return lookupOp(node)?.kind ?? kindsOnly.get(`${domainOf(node)} ${node.opType}`) ?? "other";
}
