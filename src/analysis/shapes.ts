import { DataType, type Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";

/** What is known about a tensor value. `elementType` is UNDEFINED where the type is not known. */
export interface ValueShape {
  readonly elementType: DataType;
  /** Sizes with dynamic axes pinned; undefined where the rank or a size is not known. */
  readonly dims: readonly number[] | undefined;
}

export interface ShapeTableFields {
  readonly shapes: ReadonlyMap<Value, ValueShape>;
  readonly pinned: ReadonlyMap<string, readonly number[]>;
  readonly gaps?: readonly string[];
}

/** Sizes and types of a model's values at one choice of sizes for its dynamic axes. */
export class ShapeTable {
  /** The dimensions that every graph input was given, by its name. */
  readonly pinned: ReadonlyMap<string, readonly number[]>;
  /** Why some values have no dimensions, one line for each reason. */
  readonly gaps: readonly string[];
  readonly #shapes: ReadonlyMap<Value, ValueShape>;

  constructor({ shapes, pinned, gaps }: ShapeTableFields) {
    this.#shapes = shapes;
    this.pinned = pinned;
    this.gaps = gaps ?? [];
  }

  /** Dimensions of a value; undefined where they are not known. Needs no `this`, so it can be passed on. */
  readonly of = (value: Value): readonly number[] | undefined =>
    (constantTensor(value) ?? this.#shapes.get(value))?.dims;

  /** Element type of a value; undefined where it is not known or the value is no tensor. */
  readonly typeOf = (value: Value): DataType | undefined => {
    const type = constantTensor(value)?.dataType ?? this.#shapes.get(value)?.elementType;
    return type === DataType.UNDEFINED ? undefined : type;
  };

  /** Samples that one run takes: the first dimension of the first graph input; 1 where there is none. */
  get batch(): number {
    const [dims] = this.pinned.values();
    return dims?.[0] || 1;
  }
}
