import { UserError } from "../base/errors.js";
import {
  DataType,
  elementsOf,
  FetchedContent,
  type FieldContent,
  type FieldValues,
  fieldOf,
  type SparseTensor,
  Tensor,
  type TensorContent,
  type TypedField,
} from "../ir/index.js";
import { carry, isWholly, mapOf } from "./carried.js";
import type { ExternalFiles } from "./external-data.js";
import type { Elements, Long, SparseTensorProto, TensorProto } from "./messages.js";
import { doublesIn, floatsIn, int32sIn, int64sIn, uint64sIn } from "./numbers.js";
import { type Numbers, PackedRun } from "./wire-reader.js";

/** TensorProto.DataLocation */
export const EXTERNAL = 1;

/** Elements in one of the typed fields, decoded only when somebody asks for their values. */
export class StoredField implements FieldContent {
  readonly kind = "field";
  readonly #decode: () => FieldValues;

  /** `stored` is the field as the file holds it, for the writer to put back. */
  constructor(
    readonly field: TypedField,
    readonly stored: Elements,
    decode: () => FieldValues,
  ) {
    this.#decode = decode;
  }

  get values(): FieldValues {
    return this.#decode();
  }
}

const REQUIRED = new Set(["dataType"]);

/** Decodes a tensor; `files` finds the data that the file keeps beside itself. */
export function decodeTensor(message: TensorProto, files: ExternalFiles): Tensor {
  const dims = decodeDims(message);
  const dataType = message.dataType ?? DataType.UNDEFINED;
  const content = decodeContent(message, files, dataType, dims);
  return new Tensor({
    name: message.name,
    dataType,
    dims,
    content,
    docString: message.docString,
    metadata: mapOf(message.metadataProps),
    carried: carry(message, fieldsRead(message, content), REQUIRED),
  });
}

/** Decodes a sparse tensor: `values[i]` sits at `indices[i]`. */
export function decodeSparseTensor(message: SparseTensorProto, files: ExternalFiles): SparseTensor {
  if (!message.values || !message.indices) {
    throw new UserError("damaged-model", "a sparse tensor has no values or no indices; the file is damaged");
  }
  return {
    values: decodeTensor(message.values, files),
    indices: decodeTensor(message.indices, files),
    dims: decodeDims({ ...message, name: message.values.name }),
    carried: carry(message, new Set(["values", "indices", "dims"])),
  };
}

function decodeDims(message: {
  readonly name?: string | undefined;
  readonly dims?: Numbers<Long>;
}): number[] {
  const dims = Array.from(int64sIn(message.dims), Number);
  const sound =
    dims.every((dim) => dim >= 0 && Number.isSafeInteger(dim)) && Number.isSafeInteger(elementsOf(dims));
  if (!sound) {
    const label = `tensor ${message.name ?? "(unnamed)"}`;
    throw new UserError(
      "damaged-model",
      `${label} has the impossible shape [${dims.slice(0, 8)}]; the file is damaged`,
    );
  }
  return dims;
}

function decodeContent(
  message: TensorProto,
  files: ExternalFiles,
  dataType: DataType,
  dims: readonly number[],
): TensorContent {
  const { rawData, stringData } = message;
  if (message.dataLocation === EXTERNAL) {
    return files.content(mapOf(message.externalData), { name: message.name, dataType, dims });
  }
  if (rawData instanceof Uint8Array) return { kind: "raw", bytes: rawData };
  if (rawData?.source) return new FetchedContent(rawData.source);
  if (stringData?.length || dataType === DataType.STRING) {
    return { kind: "strings", values: stringData ?? [] };
  }
  const field = [fieldOf(dataType), ...FIELDS].find((name) => name && message[name]?.length);
  return field ? storedField(message, field) : { kind: "empty" };
}

const FIELDS = ["floatData", "doubleData", "int32Data", "int64Data", "uint64Data"] as const;

function storedField(message: TensorProto, field: TypedField): StoredField {
  const { floatData, doubleData, int32Data, int64Data, uint64Data } = message;
  switch (field) {
    case "floatData":
      checkRuns(message, floatData, 4);
      return new StoredField(field, { floatData }, () => floatsIn(floatData));
    case "doubleData":
      checkRuns(message, doubleData, 8);
      return new StoredField(field, { doubleData }, () => doublesIn(doubleData));
    case "int32Data":
      return new StoredField(field, { int32Data }, () => int32sIn(int32Data));
    case "int64Data":
      return new StoredField(field, { int64Data }, () => int64sIn(int64Data));
    case "uint64Data":
      return new StoredField(field, { uint64Data }, () => uint64sIn(uint64Data));
  }
}

function checkRuns({ name }: TensorProto, field: Numbers<number> | undefined, width: number): void {
  if (!field?.some((item) => item instanceof PackedRun && item.bytes.length % width !== 0)) return;
  throw new UserError(
    "damaged-model",
    `tensor ${name ?? "(unnamed)"}: its data ends within a number; the file is damaged`,
  );
}

const ALWAYS_READ = ["name", "dims", "docString"];
const READ_WITH_RAW_DATA = new Set([...ALWAYS_READ, "rawData"]);

/** Of several fields with data only one is interpreted; the others are carried. */
function fieldsRead(message: TensorProto, content: TensorContent): ReadonlySet<string> {
  switch (content.kind) {
    case "raw":
      return READ_WITH_RAW_DATA;
    case "strings":
      return new Set([...ALWAYS_READ, "stringData"]);
    case "field":
      return new Set([...ALWAYS_READ, content.field]);
    case "external":
      return new Set([
        ...ALWAYS_READ,
        "dataLocation",
        ...(isWholly(message.externalData) ? ["externalData"] : []),
      ]);
    case "empty":
      return new Set(ALWAYS_READ);
  }
}
