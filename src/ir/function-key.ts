import type { FunctionBody } from "./model.js";
import { domainOf, type Node } from "./node.js";

/** What a local function is known by: domain, name and overload. */
export const keyOf = ({ domain, name, overload }: FunctionBody) =>
  JSON.stringify([domainOf({ domain }), name, overload ?? ""]);
/** The key of the function that a node calls, if there is one. */
export const callKey = (node: Node) => JSON.stringify([domainOf(node), node.opType, node.overload ?? ""]);
