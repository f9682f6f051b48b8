import type { SparseTensor } from "../../ir/attribute.js";
import type { Tensor } from "../../ir/tensor.js";
import type { ValueInfo } from "../../ir/value.js";
import type { Notes } from "./notes.js";
import { parseAttributes } from "./parse-attribute.js";
import { parseSparseTensor, parseTensorData } from "./parse-tensor.js";
import { parseType, seesType, tensorTypeOf } from "./parse-type.js";
import type { Scanner } from "./scanner.js";
import type { GraphTree, NamedTree, NodeTree } from "./tree.js";

interface Constants {
  readonly initializers: Tensor[];
  readonly sparseInitializers: SparseTensor[];
}

/** `name (inputs) => (outputs) <values> { nodes }`; the values are initializers and value infos. */
export function parseGraphTree(scanner: Scanner, notes: Notes): GraphTree {
  return scanner.nested(() => {
    const written = scanner.name("a graph's name");
    const constants: Constants = { initializers: [], sparseInitializers: [] };
    const inputs = parseNames(scanner, ["(", ")"], "inputs", constants);
    scanner.expect("=>", "between inputs and outputs");
    const outputs = parseNames(scanner, ["(", ")"], "outputs");
    const values = scanner.sees("<") ? parseValues(scanner, constants) : [];
    const nodes = parseNodes(scanner);
    return { name: notes.name ?? written, notes, inputs, outputs, values, ...constants, nodes };
  });
}

/**
 * Names with or without a type, in brackets. Where there may be `constants`, a name can have a default:
 * `float[2] x = {1, 2}`.
 */
export function parseNames(
  scanner: Scanner,
  [open, close]: readonly [string, string],
  what: string,
  constants?: Constants,
): NamedTree[] {
  const names: NamedTree[] = [];
  scanner.expect(open, `before the ${what}`);
  if (scanner.accept(close)) return names;
  do {
    const named = parseNamed(scanner, scanner.notes());
    names.push(named);
    if (constants && !scanner.sees("=>") && scanner.accept("="))
      constants.initializers.push(parseInitializer(scanner, named, {}));
  } while (scanner.accept(","));
  scanner.expect(close, `after the ${what}`);
  return names;
}

/** `<type name = data, type name>`: constants and value infos. */
function parseValues(scanner: Scanner, constants: Constants): NamedTree[] {
  const names: NamedTree[] = [];
  scanner.expect("<", "before the values");
  if (scanner.accept(">")) return names;
  do {
    const notes = scanner.notes();
    if (scanner.peekIdentifier() === "sparse_tensor" && scanner.peekAfterIdentifier() !== "(") {
      constants.sparseInitializers.push(parseSparseTensor(scanner, notes));
      continue;
    }
    const named = parseNamed(scanner, notes);
    if (scanner.accept("=")) constants.initializers.push(parseInitializer(scanner, named, notes));
    else names.push(named);
  } while (scanner.accept(","));
  scanner.expect(">", "after the values");
  return names;
}

function parseNamed(scanner: Scanner, notes: Notes): NamedTree {
  const at = scanner.here();
  const written = seesType(scanner) ? parseType(scanner) : undefined;
  const name = scanner.name("a value's name, with or without a type before it");
  const { docString, metadata, carried } = notes;
  const type = notes.type ?? written;
  const said = type ?? docString ?? metadata ?? carried;
  const info: ValueInfo | undefined =
    said === undefined ? undefined : { type, docString, metadata: metadata ?? new Map(), carried };
  return { at, name, info };
}

function parseInitializer(scanner: Scanner, { at, name, info }: NamedTree, notes: Notes): Tensor {
  const type = info?.type ?? scanner.fail("a type before the name of a constant", at);
  return parseTensorData(scanner, { ...tensorTypeOf(scanner, type, at), name }, notes);
}

export function parseNodes(scanner: Scanner): NodeTree[] {
  const nodes: NodeTree[] = [];
  scanner.expect("{", "before the nodes");
  while (!scanner.accept("}")) nodes.push(parseNode(scanner));
  return nodes;
}

/** `[name] outputs = domain.Op:overload <attributes> (inputs)`; the attributes may also come last. */
function parseNode(scanner: Scanner): NodeTree {
  const notes = scanner.notes();
  const at = scanner.here();
  let name: string | undefined;
  if (scanner.accept("[")) {
    name = scanner.optionalName() ?? "";
    scanner.expect("]", "after the node's name");
  }
  const outputs = parseNameList(scanner);
  scanner.expect("=", "after the node's outputs");
  const operator = parseOperator(scanner);
  let attributes = parseAttributes(scanner, parseGraphTree);
  scanner.expect("(", "before the node's inputs");
  const inputs = parseNameList(scanner);
  scanner.expect(")", "after the node's inputs");
  if (attributes.length === 0) attributes = parseAttributes(scanner, parseGraphTree);
  return { at, name, ...operator, inputs, outputs, attributes, notes };
}

/** `domain.Op:overload`, all but the op type optional; a domain may have dots, and names that are no identifiers quotes. */
function parseOperator(scanner: Scanner) {
  const parts = [scanner.name("an operator")];
  while (scanner.accept(".")) parts.push(scanner.name("an operator after the domain"));
  const opType = parts.pop() ?? "";
  const overload = scanner.accept(":") ? scanner.name("the operator's overload") : undefined;
  return { opType, domain: parts.length > 0 ? parts.join(".") : undefined, overload };
}

/** `x, "", y`. As in the standard parser nothing before a comma is an empty name, and a last comma adds none. */
function parseNameList(scanner: Scanner): string[] {
  const names: string[] = [];
  for (;;) {
    const name = scanner.optionalName();
    if (name === undefined && !scanner.sees(",")) return names;
    names.push(name ?? "");
    if (!scanner.accept(",")) return names;
  }
}
