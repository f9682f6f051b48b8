import type { Graph } from "../../ir/graph.js";
import type { Model } from "../../ir/model.js";
import { Builder } from "./build.js";
import { parseGraphTree } from "./parse-graph.js";
import { parseModelTree } from "./parse-model.js";
import { Scanner } from "./scanner.js";

export interface ParseOptions {
  /** How messages name the text, for example a file's path. */
  readonly source?: string | undefined;
}

/**
 * The model that a text in the ONNX text syntax (https://onnx.ai/onnx/repo-docs/Syntax.html) with topiary's
 * extensions (print.ts) describes. A text without a header is IR version 8 with opset 17; numbers in braces become
 * raw data. UTF-8 bytes may be longer than the longest string of JavaScript. Throws a UserError with line and column.
 */
export function parseModel(text: string | Uint8Array, options: ParseOptions = {}): Model {
  const scanner = new Scanner(text, options.source);
  return new Builder(scanner).model(parseModelTree(scanner));
}

/** The one graph that a text describes, `name (inputs) => (outputs) { nodes }`. Throws as `parseModel` does. */
export function parseGraph(text: string | Uint8Array, options: ParseOptions = {}): Graph {
  const scanner = new Scanner(text, options.source);
  const tree = parseGraphTree(scanner, scanner.notes());
  if (!scanner.atEnd) scanner.fail("the end of the text after the graph");
  return new Builder(scanner).graph(tree);
}
