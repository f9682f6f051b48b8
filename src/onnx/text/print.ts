import type { Graph } from "../../ir/graph.js";
import type { FunctionBody, Model } from "../../ir/model.js";
import { GraphPrinter } from "./print-graph.js";
import { entriesText } from "./print-tensor.js";
import { nameText, quoted } from "./quote.js";

/*
 * Models in ONNX's text syntax (https://onnx.ai/onnx/repo-docs/Syntax.html), as the onnx package prints and parses it.
 * That syntax cannot hold everything that a file can. What is missing comes in two forms:
 *
 * Notes. What another reader may overlook is a comment: a line `#@ {...}` right before the item that it belongs to
 * (model, graph, value, constant, node, attribute, tensor or type in an attribute, function) with a JSON object:
 *   docString, metadata   documentation and metadata of graphs, values, tensors, nodes, attributes, functions
 *   name                  of a graph or tensor in an attribute, where the name is no identifier
 *   type                  a type with denotations, or one that the syntax has no word for
 *   field                 the typed field that holds a tensor's elements; without it they are raw data
 *   content               elements that numbers do not say: payloads of NaN, more or fewer bytes than the type asks for
 *   carried               fields of the file that topiary does not interpret, unknown ones among them
 * In JSON, {"$int": "1"}, {"$bytes": "base64"}, {"$number": "NaN"}, {"$array": [type, "base64"]},
 * {"$long": ["1", unsigned]} and {"$run": "base64"} stand for what JSON does not have.
 *
 * Syntax. What another reader must not overlook it cannot parse:
 *   x"c3a9"                                         a string that is no UTF-8
 *   "my-domain"."my op":"v-1"<"an-attribute"=1>     operators and attributes whose names are no identifiers
 *   sparse_tensor[10] {float[2] w {1,2}, int64[2] {0,7}}    sparse constants and attributes: dims, values, positions
 *   type99[2]                                       a tensor of an element type without a name; type99[] is a scalar
 *   name: undefined                                 an attribute without a value; `name: 99=@x` one of unknown type
 * The onnx package reads lists of tensors, graphs and types as well, but forgets their elements.
 *
 * Not held: whether an empty string is absent or "", the order of value infos, unknown fields of opset imports.
 */

export interface PrintOptions {
  /**
   * Print everything exactly, so that `parseModel` gives an equal model. Otherwise weights of more than 16 elements are
   * shown as a hash and statistics, the types of values stand beside the nodes that make them, and documentation and
   * metadata of nodes and values are left out.
   */
  readonly full?: boolean | undefined;
}

/** Pieces are joined to about this many characters. */
const CHUNK = 1 << 16;

/** The model as text. `modelText` gives the same in pieces, for models whose text is longer than a string can be. */
export function printModel(model: Model, options: PrintOptions = {}): string {
  return [...modelText(model, options)].join("");
}

/** The graph as text, without the header of a model. */
export function printGraph(graph: Graph, { full = false }: PrintOptions = {}): string {
  return [...new GraphPrinter(full).graph(graph), "\n"].join("");
}

/** The model as text in pieces of some 64 KB. The same model gives the same text. */
export function* modelText(model: Model, { full = false }: PrintOptions = {}): Generator<string> {
  let chunk = "";
  for (const piece of modelPieces(model, new GraphPrinter(full))) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}

function* modelPieces(model: Model, printer: GraphPrinter): Generator<string> {
  yield printer.notes({ carried: model.carried });
  yield header([
    ["ir_version", model.irVersion],
    ["opset_import", opsetsText(model.opsetImports)],
    ["producer_name", text(model.producerName)],
    ["producer_version", text(model.producerVersion)],
    ["domain", text(model.domain)],
    ["model_version", model.modelVersion],
    ["doc_string", text(model.docString)],
    ["metadata_props", model.metadata.size > 0 ? `[${entriesText(model.metadata)}]` : undefined],
  ]);
  yield* printer.graph(model.graph);
  yield "\n";
  for (const item of model.functions) yield* functionPieces(item, printer);
}

function* functionPieces(item: FunctionBody, printer: GraphPrinter): Generator<string> {
  const { metadata, carried } = item;
  yield `\n${printer.notes({ metadata, carried })}`;
  yield header([
    ["domain", quoted(item.domain ?? "")],
    ["overload", item.overload ? quoted(item.overload) : undefined],
    ["opset_import", opsetsText(item.opsetImports)],
    ["doc_string", text(item.docString)],
  ]);
  yield nameText(item.name);
  const attributes = [
    ...item.attributeNames.map((name) => [nameText(name)]),
    ...item.attributes.map((each) => printer.attribute(each, "")),
  ];
  for (const [index, pieces] of attributes.entries()) {
    yield index === 0 ? " <" : ", ";
    yield* pieces;
  }
  yield attributes.length > 0 ? "> " : " ";
  yield* printer.signature(item.graph, "");
  yield "\n";
}

/** `<key: value, ...>`, a key in a line. */
function header(entries: readonly (readonly [string, string | number | bigint | undefined])[]): string {
  const lines = entries.flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${value}`]));
  return `<\n${lines.join(",\n")}\n>\n`;
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : quoted(value);
}

function opsetsText(opsets: Model["opsetImports"]): string {
  return `[${opsets.map(({ domain, version }) => `${quoted(domain ?? "")} : ${version}`).join(", ")}]`;
}
