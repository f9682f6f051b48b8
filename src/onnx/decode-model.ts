import type { ByteSource } from "../base/bytes.js";
import { invariant, messageOf, UserError } from "../base/errors.js";
import { type FunctionBody, Graph, Model, type OpsetImport } from "../ir/index.js";
import { carry, mapOf } from "./carried.js";
import { decodeAttribute } from "./decode-attribute.js";
import { addInput, addNodes, addValueInfo, decodeGraph, emptyCarried } from "./decode-graph.js";
import { ExternalFiles } from "./external-data.js";
import type { FunctionProto, ModelProto, OperatorSetIdProto } from "./messages.js";
import { bigintOf, toNumber } from "./numbers.js";
import { decodeMessage } from "./schema.js";
import { streamedSource } from "./wire-writer.js";

export interface DecodeOptions {
  /** The folder that external data is read from, which it must not leave; without one it cannot be read. */
  readonly folder?: string | undefined;
  /** What messages call the bytes, usually the path. */
  readonly label?: string | undefined;
  /** Data of initializers that the bytes are without, by the index of the initializer. */
  readonly left?: ReadonlyMap<number, ByteSource> | undefined;
}

const READ = new Set([
  "irVersion",
  "producerName",
  "producerVersion",
  "domain",
  "modelVersion",
  "docString",
  "graph",
  "opsetImport",
  "functions",
]);

/**
 * The model in the bytes of an ONNX file. Weights are views of `bytes`, which must not change afterwards. Throws a
 * UserError where the bytes are no ONNX model.
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): Model {
  try {
    const message = parse(bytes);
    options.left?.forEach((source, index) => {
      const tensor = message.graph?.initializer?.[index];
      invariant(tensor, "what was left of the file is an initializer's");
      tensor.rawData = streamedSource(source);
    });
    return decode(message, new ExternalFiles(options.folder));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${options.label ?? "the model"}: ${error.message}`, { cause: error });
  }
}

function decode(message: ModelProto, files: ExternalFiles): Model {
  if (!message.graph) {
    throw new UserError("not-onnx", "this is no ONNX model: it holds no graph; give the .onnx file itself");
  }
  const { producerName, producerVersion, domain, docString } = message;
  return new Model({
    irVersion: message.irVersion && toNumber(message.irVersion, () => "the IR version"),
    opsetImports: (message.opsetImport ?? []).map(decodeOpset),
    producerName,
    producerVersion,
    domain,
    modelVersion: message.modelVersion && bigintOf(message.modelVersion),
    docString,
    metadata: mapOf(message.metadataProps),
    functions: (message.functions ?? []).map((item) => decodeFunction(item, files)),
    graph: decodeGraph(message.graph, files),
    carried: carry(message, READ),
  });
}

function parse(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw new UserError("empty-file", "the file is empty; give an ONNX file");
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "not-onnx",
      `this is no ONNX model, or it is cut off: reading it as protobuf failed (${messageOf(error)})`,
      { cause: error },
    );
  }
}

function decodeOpset(message: OperatorSetIdProto): OpsetImport {
  const version = message.version ? toNumber(message.version, () => "an opset version") : 0;
  return {
    domain: message.domain,
    version,
    carried: carry(message, new Set(["domain"]), new Set(["version"])),
  };
}

const FUNCTION = new Set([
  "input",
  "output",
  "attribute",
  "attributeProto",
  "node",
  "docString",
  "opsetImport",
  "domain",
  "valueInfo",
  "overload",
]);

function decodeFunction(message: FunctionProto, files: ExternalFiles): FunctionBody {
  const carried = emptyCarried();
  const graph = new Graph({ carried });
  for (const name of message.input ?? []) addInput(graph, name);
  addNodes(graph, message.node ?? [], files);
  for (const name of message.output ?? []) graph.addOutput(graph.value(name));
  addValueInfo(graph, message.valueInfo ?? [], carried);
  const { domain, overload, docString } = message;
  return {
    name: message.name ?? "",
    domain,
    overload,
    attributeNames: message.attribute ?? [],
    attributes: (message.attributeProto ?? []).map((item) =>
      decodeAttribute(item, files, (body) => decodeGraph(body, files)),
    ),
    opsetImports: (message.opsetImport ?? []).map(decodeOpset),
    graph,
    docString,
    metadata: mapOf(message.metadataProps),
    carried: carry(message, FUNCTION, new Set(["name"])),
  };
}
