import type { OpsetImport } from "../../ir/model.js";
import { parseAttribute } from "./parse-attribute.js";
import { parseGraphTree, parseNames, parseNodes } from "./parse-graph.js";
import { parseEntries } from "./parse-tensor.js";
import type { Scanner } from "./scanner.js";
import type { AttributeTree, FunctionTree, HeaderTree, ModelTree } from "./tree.js";

/** `<header> graph functions`; the header may be missing. */
export function parseModelTree(scanner: Scanner): ModelTree {
  const notes = scanner.notes();
  const header = parseHeader(scanner, MODEL_KEYS);
  const graph = parseGraphTree(scanner, scanner.notes());
  const functions: FunctionTree[] = [];
  while (!scanner.atEnd) functions.push(parseFunction(scanner));
  return { notes, header, graph, functions };
}

/** `<header> name <attributes> (inputs) => (outputs) <value infos> { nodes }` */
function parseFunction(scanner: Scanner): FunctionTree {
  const notes = scanner.notes();
  const header = parseHeader(scanner, FUNCTION_KEYS);
  const name = scanner.name("a function's name");
  const attributes = scanner.sees("<") ? parseParameters(scanner) : { attributeNames: [], attributes: [] };
  const inputs = parseNames(scanner, ["(", ")"], "inputs");
  scanner.expect("=>", "between inputs and outputs");
  const outputs = parseNames(scanner, ["(", ")"], "outputs");
  const values = scanner.sees("<") ? parseNames(scanner, ["<", ">"], "value infos") : [];
  const nodes = parseNodes(scanner);
  const graph = {
    name: undefined,
    notes: {},
    inputs,
    outputs,
    values,
    initializers: [],
    sparseInitializers: [],
    nodes,
  };
  return { ...attributes, name, notes, header, graph };
}

/** A function's attributes: names that a caller must give, and attributes with a default. */
function parseParameters(scanner: Scanner) {
  const attributeNames: string[] = [];
  const attributes: AttributeTree[] = [];
  scanner.expect("<", "before the function's attributes");
  do {
    const notes = scanner.notes();
    const name = scanner.name("an attribute's name");
    if (!scanner.sees(":") && !scanner.sees("=")) attributeNames.push(name);
    else attributes.push(parseAttribute(scanner, name, notes, parseGraphTree));
  } while (scanner.accept(","));
  scanner.expect(">", "after the function's attributes");
  return { attributeNames, attributes };
}

type ReadKey = (scanner: Scanner, header: HeaderTree) => void;

const SHARED_KEYS: readonly [string, ReadKey][] = [
  ["opset_import", (scanner, header) => (header.opsetImports = parseOpsets(scanner))],
  ["domain", (scanner, header) => (header.domain = scanner.text("a domain in quotes"))],
  ["doc_string", (scanner, header) => (header.docString = scanner.text("a text in quotes"))],
];

const MODEL_KEYS: ReadonlyMap<string, ReadKey> = new Map([
  ...SHARED_KEYS,
  ["ir_version", (scanner, header) => (header.irVersion = Number(scanner.integer("an IR version")))],
  ["producer_name", (scanner, header) => (header.producerName = scanner.text("a name in quotes"))],
  ["producer_version", (scanner, header) => (header.producerVersion = scanner.text("a version in quotes"))],
  ["model_version", (scanner, header) => (header.modelVersion = scanner.integer("a model version"))],
  ["metadata_props", (scanner, header) => (header.metadata = parseMetadata(scanner))],
]);

const FUNCTION_KEYS: ReadonlyMap<string, ReadKey> = new Map([
  ...SHARED_KEYS,
  ["overload", (scanner, header) => (header.overload = scanner.text("an overload in quotes"))],
]);

function parseHeader(scanner: Scanner, keys: ReadonlyMap<string, ReadKey>): HeaderTree | undefined {
  if (!scanner.accept("<")) return undefined;
  const header: HeaderTree = {};
  const expected = `one of the keys ${[...keys.keys()].join(", ")}`;
  do {
    const start = scanner.here();
    const read = keys.get(scanner.identifier(expected)) ?? scanner.fail(expected, start);
    scanner.expect(":", "after the key");
    read(scanner, header);
  } while (scanner.accept(","));
  scanner.expect(">", "after the header");
  return header;
}

function parseMetadata(scanner: Scanner): ReadonlyMap<string, string> {
  scanner.expect("[", "before the metadata");
  return parseEntries(scanner, "]");
}

/** `["" : 17, "com.microsoft" : 1]` */
function parseOpsets(scanner: Scanner): OpsetImport[] {
  const opsets: OpsetImport[] = [];
  scanner.expect("[", "before the opsets");
  if (scanner.accept("]")) return opsets;
  do {
    const domain = scanner.text("a domain in quotes");
    scanner.expect(":", "between a domain and its version");
    opsets.push({ domain, version: Number(scanner.integer("an opset version")) });
  } while (scanner.accept(","));
  scanner.expect("]", "after the opsets");
  return opsets;
}
