import { UserError } from "../base/errors.js";
import type { Graph, Node, Value } from "../ir/index.js";
import { carry, mapOf } from "./carried.js";
import { type DecodeBody, decodeAttribute } from "./decode-attribute.js";
import type { ExternalFiles } from "./external-data.js";
import type { AttributeProto, NodeProto } from "./messages.js";

const READ = new Set(["input", "output", "name", "domain", "overload", "attribute", "docString"]);
const REQUIRED = new Set(["opType"]);

/** Adds a node to a graph in which the names that it makes are values already. */
export function decodeNode(graph: Graph, message: NodeProto, files: ExternalFiles, body: DecodeBody): Node {
  const { name, domain, overload, docString, opType = "" } = message;
  const read = (input: string) => (input === "" ? null : (graph.find(input) ?? graph.value(input)));
  const label = `${opType} ${name || message.output?.[0] || ""}`.trim();
  const outputs = (message.output ?? []).map((output) => (output === "" ? null : graph.value(output)));
  checkProducers(outputs, label);
  checkNames(message.attribute ?? [], label);
  return graph.addNode({
    opType,
    domain,
    name,
    overload,
    inputs: (message.input ?? []).map(read),
    outputs,
    attributes: (message.attribute ?? []).map((item) => decodeAttribute(item, files, body)),
    docString,
    metadata: mapOf(message.metadataProps),
    carried: carry(message, READ, REQUIRED),
  });
}

function checkProducers(outputs: readonly (Value | null)[], label: string): void {
  const [only] = outputs;
  if (outputs.length === 1 && !only?.producer) return;
  const seen = new Set<Value>();
  for (const value of outputs) {
    if (!value) continue;
    if (value.producer || seen.has(value)) {
      const other = value.producer?.label ?? "itself";
      throw new UserError(
        "damaged-model",
        `node ${label} makes "${value.name}", which ${other} makes as well; the file is damaged`,
      );
    }
    seen.add(value);
  }
}

function checkNames(attributes: readonly AttributeProto[], label: string): void {
  if (attributes.length < 2) return;
  const seen = new Set<string | undefined>();
  for (const { name } of attributes) {
    if (seen.has(name)) {
      throw new UserError("damaged-model", `node ${label} has two attributes "${name}"; the file is damaged`);
    }
    seen.add(name);
  }
}
