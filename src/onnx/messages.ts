import type { Numbers } from "./wire-reader.js";
import type { StreamedBytes } from "./wire-writer.js";

/** A 64-bit integer in two halves, as protobufjs reads and writes it. */
export interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

/** The messages of schemas/onnx.proto as protobufjs decodes them. A field that the file does not hold is undefined. */
export interface Message {
  /** Fields that the schema does not know: tag and content as in the file. */
  $unknowns?: readonly Uint8Array[] | undefined;
}

export interface StringStringEntryProto extends Message {
  key?: string | undefined;
  value?: string | undefined;
}

export interface OperatorSetIdProto extends Message {
  domain?: string | undefined;
  version?: Long | undefined;
}

export interface ModelProto extends Message {
  irVersion?: Long | undefined;
  producerName?: string | undefined;
  producerVersion?: string | undefined;
  domain?: string | undefined;
  modelVersion?: Long | undefined;
  docString?: string | undefined;
  graph?: GraphProto | undefined;
  opsetImport?: readonly OperatorSetIdProto[];
  metadataProps?: readonly StringStringEntryProto[];
  functions?: readonly FunctionProto[];
}

export interface GraphProto extends Message {
  node?: readonly NodeProto[];
  name?: string | undefined;
  initializer?: readonly TensorProto[];
  docString?: string | undefined;
  input?: readonly ValueInfoProto[];
  output?: readonly ValueInfoProto[];
  valueInfo?: readonly ValueInfoProto[];
  sparseInitializer?: readonly SparseTensorProto[];
  metadataProps?: readonly StringStringEntryProto[];
}

export interface FunctionProto extends Message {
  name?: string | undefined;
  input?: readonly string[];
  output?: readonly string[];
  attribute?: readonly string[];
  attributeProto?: readonly AttributeProto[];
  node?: readonly NodeProto[];
  docString?: string | undefined;
  opsetImport?: readonly OperatorSetIdProto[];
  domain?: string | undefined;
  overload?: string | undefined;
  valueInfo?: readonly ValueInfoProto[];
  metadataProps?: readonly StringStringEntryProto[];
}

export interface NodeProto extends Message {
  input?: readonly string[];
  output?: readonly string[];
  name?: string | undefined;
  opType?: string | undefined;
  domain?: string | undefined;
  overload?: string | undefined;
  attribute?: readonly AttributeProto[];
  docString?: string | undefined;
  metadataProps?: readonly StringStringEntryProto[];
}

export interface AttributeProto extends Message {
  name?: string | undefined;
  refAttrName?: string | undefined;
  docString?: string | undefined;
  type?: number | undefined;
  f?: number | undefined;
  i?: Long | undefined;
  s?: Uint8Array | undefined;
  t?: TensorProto | undefined;
  g?: GraphProto | undefined;
  sparseTensor?: SparseTensorProto | undefined;
  tp?: TypeProto | undefined;
  floats?: Numbers<number>;
  ints?: Numbers<Long>;
  strings?: readonly Uint8Array[];
  tensors?: readonly TensorProto[];
  graphs?: readonly GraphProto[];
  sparseTensors?: readonly SparseTensorProto[];
  typeProtos?: readonly TypeProto[];
}

/** The fields of TensorProto that hold its elements, or say where they are. */
export interface Elements {
  rawData?: Uint8Array | StreamedBytes | undefined;
  stringData?: readonly Uint8Array[];
  floatData?: Numbers<number> | undefined;
  doubleData?: Numbers<number> | undefined;
  int32Data?: Numbers<number> | undefined;
  int64Data?: Numbers<Long> | undefined;
  uint64Data?: Numbers<Long> | undefined;
  externalData?: readonly StringStringEntryProto[];
  dataLocation?: number | undefined;
}

export interface TensorProto extends Message, Elements {
  dims?: Numbers<Long>;
  dataType?: number | undefined;
  name?: string | undefined;
  docString?: string | undefined;
  metadataProps?: readonly StringStringEntryProto[];
}

export interface SparseTensorProto extends Message {
  values?: TensorProto | undefined;
  indices?: TensorProto | undefined;
  dims?: Numbers<Long>;
}

export interface DimensionProto extends Message {
  dimValue?: Long | undefined;
  dimParam?: string | undefined;
  denotation?: string | undefined;
}

export interface TensorShapeProto extends Message {
  dim?: readonly DimensionProto[];
}

export interface ValueInfoProto extends Message {
  name?: string | undefined;
  type?: TypeProto | undefined;
  docString?: string | undefined;
  metadataProps?: readonly StringStringEntryProto[];
}

export interface TensorTypeProto extends Message {
  elemType?: number | undefined;
  shape?: TensorShapeProto | undefined;
}

export interface TypeProto extends Message {
  tensorType?: TensorTypeProto | undefined;
  sparseTensorType?: TensorTypeProto | undefined;
  sequenceType?: (Message & { elemType?: TypeProto | undefined }) | undefined;
  optionalType?: (Message & { elemType?: TypeProto | undefined }) | undefined;
  mapType?: (Message & { keyType?: number | undefined; valueType?: TypeProto | undefined }) | undefined;
  opaqueType?: (Message & { domain?: string | undefined; name?: string | undefined }) | undefined;
  denotation?: string | undefined;
}
