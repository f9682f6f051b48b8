import type { Attribute } from "./attribute.js";
import { Graph } from "./graph.js";
import type { ValueInfo } from "./value.js";

/** One opset that a model or function imports; `domain` as the file has it. */
export interface OpsetImport {
  readonly domain: string | undefined;
  readonly version: number;
  readonly carried?: unknown;
}

/** A local function: a body that nodes call by domain, name and overload. Its inputs and outputs are untyped. */
export interface FunctionBody {
  readonly name: string;
  readonly domain: string | undefined;
  readonly overload: string | undefined;
  /** Attributes that a caller must give. */
  readonly attributeNames: readonly string[];
  /** Attributes with a default. */
  readonly attributes: readonly Attribute[];
  readonly opsetImports: readonly OpsetImport[];
  /** Holds the nodes; its inputs and outputs are the function's, with `info` from value_info where given. */
  readonly graph: Graph;
  readonly docString: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly carried?: unknown;
}

export interface ModelFields {
  readonly irVersion?: number | undefined;
  readonly opsetImports?: readonly OpsetImport[];
  readonly producerName?: string | undefined;
  readonly producerVersion?: string | undefined;
  readonly domain?: string | undefined;
  readonly modelVersion?: bigint | undefined;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly functions?: readonly FunctionBody[];
  readonly graph?: Graph;
  readonly carried?: unknown;
}

/** A whole ONNX model. Absent optional fields are undefined, so that what is written equals what was read. */
export class Model {
  irVersion: number | undefined;
  opsetImports: readonly OpsetImport[];
  producerName: string | undefined;
  producerVersion: string | undefined;
  domain: string | undefined;
  modelVersion: bigint | undefined;
  docString: string | undefined;
  metadata: ReadonlyMap<string, string>;
  functions: readonly FunctionBody[];
  graph: Graph;
  readonly carried: unknown;

  constructor(fields: ModelFields) {
    this.irVersion = fields.irVersion;
    this.opsetImports = fields.opsetImports ?? [];
    this.producerName = fields.producerName;
    this.producerVersion = fields.producerVersion;
    this.domain = fields.domain;
    this.modelVersion = fields.modelVersion;
    this.docString = fields.docString;
    this.metadata = fields.metadata ?? new Map();
    this.functions = fields.functions ?? [];
    this.graph = fields.graph ?? new Graph();
    this.carried = fields.carried;
  }

  /** The imported version of a domain ("" and "ai.onnx" are one); undefined where it is not imported. */
  opset(domain = ""): number | undefined {
    const plain = (name: string | undefined) => (name === undefined || name === "ai.onnx" ? "" : name);
    return this.opsetImports.find((item) => plain(item.domain) === plain(domain))?.version;
  }
}

export type { ValueInfo };
