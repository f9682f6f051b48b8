import type { ShapeTable } from "../analysis/index.js";
import { Graph, Model, modelDifferences, nameOfType, type Value } from "../ir/index.js";
import { type Edges, sourceText } from "./edges.js";
import type { Change } from "./nodes.js";

/** What differs in the file's header: IR version, opsets, producer, metadata, functions, sparse constants. */
export function headerChanges(a: Model, b: Model): Change[] {
  const domains = new Set([...a.opsetImports, ...b.opsetImports].map(({ domain }) => domain ?? ""));
  const keys = [...new Set([...a.metadata.keys(), ...b.metadata.keys()])].sort();
  return [
    change("IR version", a.irVersion, b.irVersion),
    ...Array.from(domains, (domain) =>
      change(`opset ${domain || "ai.onnx"}`, a.opset(domain), b.opset(domain)),
    ),
    change("producer", producerOf(a), producerOf(b)),
    change("domain", a.domain, b.domain),
    change("model version", a.modelVersion, b.modelVersion),
    ...keys.map((key) => change(`metadata ${key}`, a.metadata.get(key), b.metadata.get(key))),
    ...elsewhere(a, b),
  ].flatMap((item) => item ?? []);
}

function producerOf({ producerName, producerVersion }: Model): string {
  return [producerName, producerVersion].filter(Boolean).join(" ");
}

/** Functions and sparse constants are compared one by one in their order. */
function elsewhere(a: Model, b: Model): Change[] {
  const bare = (model: Model) => {
    const graph = new Graph();
    graph.sparseInitializers.push(...model.graph.sparseInitializers);
    return new Model({ functions: model.functions, graph });
  };
  return modelDifferences(bare(a), bare(b)).map((line) => ({ name: line, before: null, after: null }));
}

/** Inputs that differ in name, type or dimensions; a constant that can be overridden is no input. */
export function inputChanges(a: Graph, b: Graph, edges: Edges): Change[] {
  const [left, right] = [a, b].map((graph) => graph.inputs.filter((value) => !value.initializer)) as [
    Value[],
    Value[],
  ];
  const met = new Set<Value>();
  const changes = left.flatMap((input): Change[] => {
    const other = edges.inputOf(input);
    if (other) met.add(other);
    return change(input.name, portText(input), other && portText(other)) ?? [];
  });
  const added = right.filter((input) => !met.has(input));
  return [...changes, ...added.flatMap((input) => change(input.name, undefined, portText(input)) ?? [])];
}

/** Outputs that differ in name, type, dimensions, or in what makes them, by their position. */
export function outputChanges(a: Graph, b: Graph, edges: Edges): Change[] {
  const count = Math.max(a.outputs.length, b.outputs.length);
  return Array.from({ length: count }, (_, index) => index).flatMap((index): Change[] => {
    const [before, after] = [a.outputs[index], b.outputs[index]];
    const name = after?.name ?? before?.name ?? "";
    const ports = change(name, before && portText(before), after && portText(after));
    if (ports || edges.correspond(before, after)) return ports ?? [];
    return [{ name, before: sourceText(before), after: sourceText(after) }];
  });
}

/** Values of matched nodes whose dimensions differ. */
export function shapeChanges(b: Graph, edges: Edges, before: ShapeTable, after: ShapeTable): Change[] {
  return b.nodes.flatMap((node): Change[] => {
    const original = edges.matching.ofB(node);
    return node.outputs.flatMap((value, index): Change[] => {
      const other = original?.outputs[index];
      if (!value || !other) return [];
      const [was, is] = [before.of(other), after.of(value)];
      return was && is ? (change(value.name, was.join("×"), is.join("×")) ?? []) : [];
    });
  });
}

function portText({ name, info }: Value): string {
  const type = info?.type;
  if (type?.kind !== "tensor") return `${name}: ${type?.kind ?? "unknown"}`;
  const dims = type.shape?.map(({ size }) => size ?? "?").join(", ");
  return `${name}: ${nameOfType(type.elementType)}${dims === undefined ? "" : `[${dims}]`}`;
}

type Plain = string | number | bigint | undefined;

function change(name: string, before: Plain, after: Plain): Change[] | undefined {
  const text = (value: Plain) => (value === undefined || value === "" ? null : String(value));
  return text(before) === text(after) ? undefined : [{ name, before: text(before), after: text(after) }];
}
