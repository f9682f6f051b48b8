import type { FunctionBody, Model, OpsetImport } from "../ir/index.js";
import { carriedOf, entriesOf } from "./carried.js";
import { encodeAttribute } from "./encode-attribute.js";
import { encodeGraph, encodeNode, encodeValueInfos } from "./encode-graph.js";
import type { Placement } from "./encode-tensor.js";
import type { FunctionProto, ModelProto, OperatorSetIdProto } from "./messages.js";
import { longOf } from "./numbers.js";

/** The message of a whole file. */
export function modelMessage(model: Model, place: Placement): ModelProto {
  const carried = carriedOf<ModelProto>(model);
  const { irVersion, producerName, producerVersion, domain, modelVersion, docString } = model;
  return {
    ...carried,
    irVersion: irVersion === undefined ? undefined : longOf(BigInt(irVersion)),
    producerName,
    producerVersion,
    domain,
    modelVersion: modelVersion === undefined ? undefined : longOf(modelVersion),
    docString,
    graph: encodeGraph(model.graph, place),
    opsetImport: model.opsetImports.map(encodeOpset),
    metadataProps: entriesOf(model.metadata, carried?.metadataProps),
    functions: model.functions.map((item) => encodeFunction(item, place)),
  };
}

function encodeOpset(item: OpsetImport): OperatorSetIdProto {
  const carried = carriedOf<OperatorSetIdProto>(item);
  const version = item.version ? longOf(BigInt(item.version)) : carried?.version;
  return { ...carried, domain: item.domain, version };
}

function encodeFunction(item: FunctionBody, place: Placement): FunctionProto {
  const carried = carriedOf<FunctionProto>(item);
  const { graph, domain, overload, docString } = item;
  return {
    ...carried,
    name: item.name || carried?.name,
    input: graph.inputs.map((value) => value.name),
    output: graph.outputs.map((value) => value.name),
    attribute: item.attributeNames,
    attributeProto: item.attributes.map((each) =>
      encodeAttribute(each, place, (body) => encodeGraph(body, place)),
    ),
    node: graph.nodes.map((node) => encodeNode(node, place)),
    docString,
    opsetImport: item.opsetImports.map(encodeOpset),
    domain,
    overload,
    valueInfo: encodeValueInfos(graph, () => false),
    metadataProps: entriesOf(item.metadata, carried?.metadataProps),
  };
}
