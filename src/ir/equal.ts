import { type Attribute, graphsOf, type SparseTensor } from "./attribute.js";
import { nameOfType } from "./data-type.js";
import type { Graph } from "./graph.js";
import type { FunctionBody, Model, OpsetImport } from "./model.js";
import type { Node } from "./node.js";
import { type FieldValues, type Tensor, type TensorContent, viewBytes } from "./tensor.js";
import type { Value, ValueInfo } from "./value.js";

/**
 * In what two models differ, one line for each place; empty where they are equal: the same nodes in the same order,
 * attributes and constants bit for bit and stored in the same way, inputs, outputs, what is said about values, opsets,
 * functions, documentation and metadata. An empty string is as good as an absent one, the order of value infos and of
 * metadata does not count, and `carried` is not looked at.
 */
export function modelDifferences(a: Model, b: Model): string[] {
  const found = new Differences();
  found.models(a, b);
  return found.lines;
}

/** In what two graphs differ, as `modelDifferences` says it. */
export function graphDifferences(a: Graph, b: Graph): string[] {
  const found = new Differences();
  found.graphs("graph", a, b);
  return found.lines;
}

/** In what two tensors differ, as `modelDifferences` says it. */
export function tensorDifferences(a: Tensor, b: Tensor): string[] {
  const found = new Differences();
  found.tensors(`tensor ${a.name ?? ""}`.trim(), a, b);
  return found.lines;
}

/** What models, graphs, nodes, tensors and more can have written on them. */
interface Labelled {
  readonly name?: string | undefined;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
}

class Differences {
  readonly lines: string[] = [];

  models(a: Model, b: Model): void {
    this.#texts("IR version", a.irVersion, b.irVersion);
    this.#texts("opsets", opsetsText(a.opsetImports), opsetsText(b.opsetImports));
    this.#texts("producer", a.producerName, b.producerName);
    this.#texts("producer version", a.producerVersion, b.producerVersion);
    this.#texts("domain", a.domain, b.domain);
    this.#texts("model version", a.modelVersion, b.modelVersion);
    this.#labels("model", a, b);
    this.graphs("graph", a.graph, b.graph);
    this.#lists("function", a.functions, b.functions, (where, x, y) => this.#functions(where, x, y));
  }

  graphs(where: string, a: Graph, b: Graph): void {
    this.#labels(where, a, b);
    this.#texts(`${where}: inputs`, namesText(a, a.inputs), namesText(b, b.inputs));
    this.#texts(`${where}: outputs`, namesText(a, a.outputs), namesText(b, b.outputs));
    this.#lists(`${where}: constant`, constantsOf(a), constantsOf(b), (each, x, y) =>
      this.tensors(each, x, y),
    );
    this.#lists(`${where}: sparse constant`, a.sparseInitializers, b.sparseInitializers, (each, x, y) =>
      this.#sparseTensors(each, x, y),
    );
    this.#lists(`${where}: node`, a.nodes, b.nodes, (each, x, y) => this.#nodes(each, x, y));
    this.#infos(where, a, b);
  }

  tensors(where: string, a: Tensor, b: Tensor): void {
    this.#labels(where, a, b);
    const typeOf = (tensor: Tensor) => `${nameOfType(tensor.dataType)}[${tensor.dims}]`;
    this.#texts(`${where}: type`, typeOf(a), typeOf(b));
    this.#texts(`${where}: storage`, storageOf(a.content), storageOf(b.content));
    if (!sameElements(a.content, b.content)) this.lines.push(`${where}: the elements differ`);
  }

  #functions(where: string, a: FunctionBody, b: FunctionBody): void {
    this.#labels(where, a, b);
    this.#texts(`${where}: domain`, a.domain, b.domain);
    this.#texts(`${where}: overload`, a.overload, b.overload);
    this.#texts(`${where}: opsets`, opsetsText(a.opsetImports), opsetsText(b.opsetImports));
    this.#texts(`${where}: attributes`, String(a.attributeNames), String(b.attributeNames));
    this.#lists(`${where}: attribute`, a.attributes, b.attributes, (each, x, y) =>
      this.#attributes(each, x, y),
    );
    this.graphs(where, a.graph, b.graph);
  }

  #nodes(where: string, a: Node, b: Node): void {
    this.#labels(where, a, b);
    this.#texts(`${where}: operator`, operatorText(a), operatorText(b));
    this.#texts(`${where}: inputs`, namesText(a.graph, a.inputs), namesText(b.graph, b.inputs));
    this.#texts(`${where}: outputs`, namesText(a.graph, a.outputs), namesText(b.graph, b.outputs));
    const [left, right] = [[...a.attributes.values()], [...b.attributes.values()]];
    this.#lists(`${where}: attribute`, left, right, (each, x, y) => this.#attributes(each, x, y));
  }

  #attributes(where: string, a: Attribute, b: Attribute): void {
    this.#labels(where, a, b);
    this.#texts(`${where}: kind`, a.kind, b.kind);
    this.#texts(where, plainValueText(a), plainValueText(b));
    this.#lists(`${where}: tensor`, tensorsOf(a), tensorsOf(b), (each, x, y) => this.tensors(each, x, y));
    this.#lists(`${where}: graph`, graphsOf(a), graphsOf(b), (each, x, y) => this.graphs(each, x, y));
    this.#lists(`${where}: sparse tensor`, sparseTensorsOf(a), sparseTensorsOf(b), (each, x, y) =>
      this.#sparseTensors(each, x, y),
    );
  }

  #sparseTensors(where: string, a: SparseTensor, b: SparseTensor): void {
    this.#texts(`${where}: dimensions`, String(a.dims), String(b.dims));
    this.tensors(`${where}: values`, a.values, b.values);
    this.tensors(`${where}: indices`, a.indices, b.indices);
  }

  #infos(where: string, a: Graph, b: Graph): void {
    const names = new Set([...a.values, ...b.values].map((value) => value.name));
    const left = new Map(Array.from(a.values, (value) => [value.name, value.info]));
    const right = new Map(Array.from(b.values, (value) => [value.name, value.info]));
    for (const name of names) {
      const [x, y] = [left.get(name), right.get(name)];
      this.#texts(`${where}: type of ${name}`, typeText(x), typeText(y));
      this.#labels(`${where}: value ${name}`, x ?? {}, y ?? {});
    }
  }

  #labels(where: string, a: Labelled, b: Labelled): void {
    this.#texts(`${where}: name`, a.name, b.name);
    this.#texts(`${where}: documentation`, a.docString, b.docString);
    this.#texts(`${where}: metadata`, entriesText(a.metadata), entriesText(b.metadata));
  }

  #texts(
    where: string,
    a: string | number | bigint | undefined,
    b: string | number | bigint | undefined,
  ): void {
    if ((a ?? "") !== (b ?? "")) this.lines.push(`${where}: ${shown(a)} | ${shown(b)}`);
  }

  #lists<T extends object>(
    where: string,
    a: readonly T[],
    b: readonly T[],
    compare: (where: string, a: T, b: T) => void,
  ): void {
    if (a.length !== b.length) this.lines.push(`${where}s: ${a.length} | ${b.length}`);
    a.forEach((item, index) => {
      const other = b[index];
      const name = "name" in item && item.name ? ` ${item.name}` : "";
      if (other) compare(`${where} ${index}${name}`, item, other);
    });
  }
}

function tensorsOf(item: Attribute): readonly Tensor[] {
  if (item.kind === "tensor") return [item.value];
  return item.kind === "tensors" ? item.value : [];
}

function sparseTensorsOf(item: Attribute): readonly SparseTensor[] {
  if (item.kind === "sparseTensor") return [item.value];
  return item.kind === "sparseTensors" ? item.value : [];
}

/** The value of an attribute as far as it holds no tensors and no graphs. */
function plainValueText(item: Attribute): string {
  switch (item.kind) {
    case "reference":
      return `@${item.value} of type ${item.type}`;
    case "type":
      return typeText({ type: item.value });
    case "types":
      return item.value.map((type) => typeText({ type })).join(", ");
    case "floats":
    case "ints":
    case "strings":
      return item.value.map(exactText).join(", ");
    case "float":
    case "int":
    case "string":
      return exactText(item.value);
    default:
      return "";
  }
}

function exactText(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("latin1"));
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The inputs or outputs of a node or graph; `^` for each level that a name lies further out. */
function namesText(graph: Graph, values: readonly (Value | null)[]): string {
  const levelOf = (value: Value) => {
    let level = "";
    for (let at: Graph | undefined = graph; at && at !== value.graph; at = at.parent) level += "^";
    return level;
  };
  return values.map((value) => (value ? levelOf(value) + JSON.stringify(value.name) : "-")).join(", ");
}

function constantsOf(graph: Graph): Tensor[] {
  return graph.initializers.flatMap(({ initializer }) => (initializer ? [initializer] : []));
}

function operatorText({ domain, opType, overload }: Node): string {
  return JSON.stringify([domain ?? "", opType, overload ?? ""]);
}

function opsetsText(opsets: readonly OpsetImport[]): string {
  return JSON.stringify(opsets.map(({ domain, version }) => [domain ?? "", version]));
}

function entriesText(entries: ReadonlyMap<string, string> = new Map()): string | undefined {
  return entries.size === 0 ? undefined : JSON.stringify([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A type with its keys in order, without what `modelDifferences` does not look at. */
function typeText(info: Pick<ValueInfo, "type"> | undefined): string {
  const plain = (key: string, value: unknown) => {
    if (key === "carried" || value === "") return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(info?.type, plain) ?? "";
}

function storageOf(content: TensorContent): string {
  if (content.kind === "external") return `external ${entriesText(content.entries)}`;
  return content.kind === "field" ? content.field : content.kind;
}

/** Whether two contents of the same storage hold the same bits. */
function sameElements(a: TensorContent, b: TensorContent): boolean {
  if (a.kind === "raw" && b.kind === "raw") return Buffer.compare(a.bytes, b.bytes) === 0;
  if (a.kind === "field" && b.kind === "field") return sameNumbers(a.values, b.values);
  if (a.kind !== "strings" || b.kind !== "strings") return true;
  const { values } = b;
  const same = (item: Uint8Array, at: number) => Buffer.compare(item, values[at] ?? new Uint8Array()) === 0;
  return a.values.length === values.length && a.values.every(same);
}

function sameNumbers(a: FieldValues, b: FieldValues): boolean {
  if (a.length !== b.length) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && a.constructor === b.constructor) {
    return Buffer.compare(viewBytes(a), viewBytes(b)) === 0;
  }
  for (let at = 0; at < a.length; at++) if (exactText(a[at]) !== exactText(b[at])) return false;
  return true;
}

function shown(value: string | number | bigint | undefined): string {
  return value === undefined || value === "" ? "nothing" : String(value);
}
