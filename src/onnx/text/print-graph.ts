import type { Attribute } from "../../ir/attribute.js";
import type { Graph } from "../../ir/graph.js";
import type { Node } from "../../ir/node.js";
import type { Tensor } from "../../ir/tensor.js";
import type { Value } from "../../ir/value.js";
import type { CarriedGraph } from "../decode-graph.js";
import { type Notes, notesWithin, printNotes } from "./notes.js";
import { type AttributeStyle, printAttribute, printSparseTensor } from "./print-attribute.js";
import { printContent } from "./print-tensor.js";
import { elementTypeText, isSaid, typeText } from "./print-type.js";
import { nameText, operatorText, valueText } from "./quote.js";
import { decodedText, shownTensor, summaryOf } from "./summary.js";
import { isFloatWord, isIdentifier, isTypeWord } from "./words.js";

/** Stands where the syntax takes an identifier only and the real name of a graph is in a note. */
const PLACEHOLDER = "body";

/** An entry of a graph's `<...>`. */
interface Entry {
  readonly notes: Notes;
  readonly text: Iterable<string>;
  readonly comment?: string;
}

/** Prints graphs piece by piece, so that the text of a large model is never whole in memory. */
export class GraphPrinter {
  /** With `full` everything exactly, without it as people read it best. */
  constructor(readonly full: boolean) {}

  /** `name (inputs) => (outputs) <values> { nodes }` */
  *graph(graph: Graph): Generator<string> {
    yield this.notes(notesOf(graph));
    yield `${nameText(graph.name ?? "")} `;
    yield* this.signature(graph, "");
  }

  /** `(inputs) => (outputs) <values> { nodes }`; lines after the first start with `indent`. */
  *signature(graph: Graph, indent: string): Generator<string> {
    yield `(${this.#names(graph, graph.inputs)}) => (${this.#names(graph, graph.outputs)}) `;
    const entries = this.#constants(graph, indent);
    if (this.full) entries.push(...infoEntries(graph));
    if (entries.length > 0) yield* this.#entries(entries, indent);
    yield "{\n";
    for (const node of graph.nodes) yield* this.#node(node, `${indent}  `);
    yield `${indent}}`;
  }

  /** `name=value`, `name: type=value` */
  attribute(item: Attribute, indent: string): Iterable<string> {
    return printAttribute(item, this.#style(indent));
  }

  #style(indent: string): AttributeStyle {
    return {
      full: this.full,
      shown: (tensor) => (this.full ? tensor : shownTensor(tensor)),
      printBody: (body) => this.#body(body, indent),
    };
  }

  /** Notes as lines of their own. */
  notes(notes: Notes): string {
    return this.full ? printNotes(notes) : "";
  }

  /** A graph in an attribute; the standard syntax takes only some identifiers for its name. */
  *#body(graph: Graph, indent: string): Generator<string> {
    const name = graph.name ?? "";
    const isPlain = isIdentifier(name) && !isTypeWord(name) && !isFloatWord(name);
    if (this.full) yield notesWithin({ name: isPlain ? undefined : name, ...notesOf(graph) });
    yield `${isPlain ? name : PLACEHOLDER} `;
    yield* this.signature(graph, indent);
  }

  /** What the graph's inputs or outputs are called, with the types that the graph itself knows. */
  #names(graph: Graph, values: readonly Value[]): string {
    return values
      .map((value) => {
        if (value.graph !== graph) return valueText(value.name);
        return (this.full ? notesWithin(valueNotes(value)) : "") + typedName(value);
      })
      .join(", ");
  }

  #constants(graph: Graph, indent: string): Entry[] {
    const entry = this.full ? exactEntry : shortEntry;
    const constants = graph.initializers.flatMap(({ initializer }) =>
      initializer ? [entry(initializer)] : [],
    );
    const sparse = graph.sparseInitializers.map((item) => printSparseTensor(item, this.#style(indent)));
    return [...constants, ...sparse.map((text) => ({ notes: {}, text }))];
  }

  *#entries(entries: readonly Entry[], indent: string): Generator<string> {
    yield "<\n";
    for (const [index, { notes, text, comment = "" }] of entries.entries()) {
      const line = this.notes(notes);
      yield `${line && `${indent}  ${line}`}${indent}  `;
      yield* text;
      yield `${index + 1 < entries.length ? "," : ""}${comment}\n`;
    }
    yield `${indent}> `;
  }

  /** `[name] outputs = domain.Op<attributes>(inputs)`; attributes with graphs come last. */
  *#node(node: Node, indent: string): Generator<string> {
    const { docString, metadata, carried } = node;
    const line = this.notes({ docString, metadata, carried });
    yield `${line && indent + line}${indent}`;
    if (node.name !== undefined) yield `[${nameText(node.name)}] `;
    yield `${namesText(node.outputs)} = ${operatorText(node.domain, node.opType, node.overload)}`;
    const inputs = `(${namesText(node.inputs)})`;
    const attributes = [...node.attributes.values()];
    if (node.subgraphs().length === 0) {
      yield* this.#attributes(attributes, indent);
      yield inputs;
    } else {
      yield `${inputs} `;
      yield* this.#attributes(attributes, indent);
    }
    yield this.full ? "\n" : `${nodeComment(node)}\n`;
  }

  *#attributes(attributes: readonly Attribute[], indent: string): Generator<string> {
    for (const [index, item] of attributes.entries()) {
      yield index === 0 ? "<" : ", ";
      yield* this.attribute(item, indent);
    }
    if (attributes.length > 0) yield ">";
  }
}

function notesOf(graph: Graph): Notes {
  const { docString, metadata } = graph;
  // Filled by the reader of ONNX files only; the rest of it is the layout of the file.
  const carried = (graph.carried as Partial<CarriedGraph> | undefined)?.fields;
  return { docString, metadata, carried };
}

function valueNotes({ info }: Value): Notes {
  if (!info) return {};
  const { type, docString, metadata, carried } = info;
  return { docString, metadata, carried, type: type && !isSaid(type) ? type : undefined };
}

function saysSomething({ info }: Value): boolean {
  return Boolean(info?.type || info?.docString || info?.metadata?.size || info?.carried);
}

function typedName({ name, info }: Value): string {
  const type = info?.type && typeText(info.type);
  return type === undefined ? valueText(name) : `${type} ${valueText(name)}`;
}

function namesText(values: readonly (Value | null)[]): string {
  return values.map((value) => (value ? valueText(value.name) : '""')).join(", ");
}

/** What is said about values that are neither inputs nor outputs. */
function infoEntries(graph: Graph): Entry[] {
  const values = inOrder(graph).filter((value) => saysSomething(value) && !value.isInput && !value.isOutput);
  return values.map((value) => ({ notes: valueNotes(value), text: [typedName(value)] }));
}

function exactEntry(tensor: Tensor): Entry {
  const { docString, metadata, carried } = tensor;
  const { text, notes } = printContent(tensor);
  return { notes: { docString, metadata, carried, ...notes }, text: labelled(tensor, text) };
}

function* labelled(tensor: Tensor, text: Iterable<string>): Generator<string> {
  yield `${elementTypeText(tensor.dataType, tensor.dims)} ${valueText(tensor.name ?? "")} = `;
  yield* text;
}

/** An order that does not depend on how the graph came about: constants, what nodes make, the rest by name. */
function inOrder(graph: Graph): Value[] {
  const rest = [...graph.values].sort((a, b) => (a.name < b.name ? -1 : 1));
  const made = graph.nodes.flatMap((node) => node.outputs.filter((value) => value !== null));
  return [...new Set([...graph.initializers, ...made, ...rest])];
}

/** Only the type of a long tensor; its elements, or what they amount to, in a comment where that helps. */
function shortEntry(tensor: Tensor): Entry {
  const shown = shownTensor(tensor);
  const comment = shown ? decodedText(shown) : summaryOf(tensor);
  const name = `${elementTypeText(tensor.dataType, tensor.dims)} ${valueText(tensor.name ?? "")}`;
  return { notes: {}, text: shown ? exactEntry(shown).text : [name], comment: comment && `  # ${comment}` };
}

/** The types of what a node makes, and what its long tensors amount to. */
function nodeComment(node: Node): string {
  const types = node.outputs.map((value) => (value?.info?.type && typeText(value.info.type)) ?? "?");
  const parts = types.some((type) => type !== "?") ? [types.join(", ")] : [];
  for (const item of node.attributes.values()) {
    if (item.kind === "tensor" && !shownTensor(item.value))
      parts.push(`${item.name}: ${summaryOf(item.value)}`);
  }
  return parts.length > 0 ? `  # ${parts.join("; ")}` : "";
}
