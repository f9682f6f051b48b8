import { type ByteSource, bytesOfSource } from "../base/bytes.js";
import { invariant } from "../base/errors.js";
import { bytesOf, DataType, nameOfType } from "./data-type.js";

/** The typed fields of TensorProto that may hold a tensor's elements instead of raw data. */
export type TypedField = "floatData" | "int32Data" | "int64Data" | "doubleData" | "uint64Data";

/** The values of a typed field: a list, or a typed array of the field's own width. */
export type FieldValues =
  | readonly number[]
  | readonly bigint[]
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

/** Where a tensor's elements are. Every kind survives reading and writing as it is. */
export type TensorContent =
  /**
   * Little-endian, packed; often a view into the file's buffer, at any alignment. Where there is a `source`, `bytes` are
   * fetched from it each time that somebody asks for them.
   */
  | { readonly kind: "raw"; readonly bytes: Uint8Array; readonly source?: ByteSource | undefined }
  /** One of the typed fields, values as the file holds them (fp16 and smaller as bit patterns in int32Data). */
  | { readonly kind: "field"; readonly field: TypedField; readonly values: FieldValues }
  | { readonly kind: "strings"; readonly values: readonly Uint8Array[] }
  /**
   * Beside the model file; `read` loads exactly this tensor's bytes, `source` gives them to be read in parts where that is
   * possible. Both may throw a UserError.
   */
  | {
      readonly kind: "external";
      readonly entries: ReadonlyMap<string, string>;
      readonly length: number | undefined;
      read(): Uint8Array;
      source?(): ByteSource;
    }
  /** No elements are stored: none needed (a dimension is zero) or lost. */
  | { readonly kind: "empty" };

/** Elements in one of the typed fields. */
export type FieldContent = Extract<TensorContent, { kind: "field" }>;

/** Elements in raw form that nobody has to hold in memory. */
export class FetchedContent {
  readonly kind = "raw";

  constructor(readonly source: ByteSource) {}

  get bytes(): Uint8Array {
    return bytesOfSource(this.source);
  }
}

/** Elements beside the model file. */
export type ExternalContent = Extract<TensorContent, { kind: "external" }>;

export interface TensorFields {
  readonly name?: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly content: TensorContent;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
  /** Whether a writer puts the elements beside the model file; where not given, whether they are there now. */
  readonly staysExternal?: boolean;
  /** Fields of the file format that the IR does not interpret; the writer gets them back unseen. */
  readonly carried?: unknown;
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** An immutable n-dimensional constant: type, dimensions, and elements as the file stores them. */
export class Tensor {
  readonly name: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly content: TensorContent;
  readonly docString: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether its elements, or those that it was made from by `with`, are beside the model file. */
  readonly staysExternal: boolean;
  readonly carried: unknown;

  constructor(fields: TensorFields) {
    this.name = fields.name;
    this.dataType = fields.dataType;
    this.dims = fields.dims;
    this.content = fields.content;
    this.docString = fields.docString;
    this.metadata = fields.metadata ?? NOTHING;
    this.staysExternal = fields.staysExternal ?? fields.content.kind === "external";
    this.carried = fields.carried;
  }

  /** A tensor over `bytes`, which must be exactly as long as type and dimensions say. */
  static raw(name: string, dataType: DataType, dims: readonly number[], bytes: Uint8Array): Tensor {
    const expected = bytesOf(dataType, elementsOf(dims));
    invariant(
      expected === bytes.byteLength,
      () =>
        `tensor ${name}: ${bytes.byteLength} bytes for ${nameOfType(dataType)}[${dims}], expected ${expected}`,
    );
    return new Tensor({ name, dataType, dims, content: { kind: "raw", bytes } });
  }

  static float32(name: string, dims: readonly number[], values: ArrayLike<number>): Tensor {
    const array = values instanceof Float32Array ? values : Float32Array.from(values);
    return Tensor.raw(name, DataType.FLOAT, dims, viewBytes(array));
  }

  static int64(name: string, dims: readonly number[], values: ArrayLike<number | bigint>): Tensor {
    const array = BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
    return Tensor.raw(name, DataType.INT64, dims, viewBytes(array));
  }

  /** The same tensor with other fields. */
  with(fields: Partial<TensorFields>): Tensor {
    return new Tensor({ ...this, ...fields });
  }

  /** The same tensor with other elements, which are float32. */
  withFloats(values: ArrayLike<number>): Tensor {
    const { dataType, content } = Tensor.float32(this.name ?? "", this.dims, values);
    return this.with({ dataType, content });
  }

  /** Number of elements. */
  get elements(): number {
    return elementsOf(this.dims);
  }

  /** Size of the elements in raw form in bytes; strings count their own bytes. */
  get byteLength(): number {
    if (this.content.kind === "strings")
      return this.content.values.reduce((sum, value) => sum + value.length, 0);
    return bytesOf(this.dataType, this.elements) ?? 0;
  }
}

/** Product of dimensions; 1 for a scalar. */
export function elementsOf(dims: readonly number[]): number {
  let product = 1;
  for (const dim of dims) product *= dim;
  return product;
}

/** The bytes under a typed array, without copying. */
export function viewBytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
