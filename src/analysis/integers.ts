import type { Value } from "../ir/index.js";
import { type DimsOf, type IntegerTensor, integerTensorOf, isSmall, lookupOp } from "../ops/index.js";

/**
 * What small integer tensors hold, as far as constants and known dimensions say it: follows the shape arithmetic
 * (Shape, Gather, Concat, ...) that leads to a value. Dynamic axes count as `dims` pins them.
 */
export class IntegerEvaluator {
  readonly #dims: DimsOf;
  readonly #known = new Map<Value, IntegerTensor | undefined>();

  constructor(dims: DimsOf) {
    this.#dims = dims;
  }

  /** The elements of a value; undefined where data decides them, or where there are more than a shape ever has. */
  evaluate(value: Value): IntegerTensor | undefined {
    if (this.#known.has(value)) return this.#known.get(value);
    // A path of our own: chains may be longer than the call stack is deep.
    const path = [value];
    const open = new Set(path);
    for (let at = path.at(-1); at; at = path.at(-1)) {
      const missing = this.#missingFor(at);
      if (missing && !open.has(missing)) {
        path.push(missing);
        open.add(missing);
        continue;
      }
      // A missing value that waits for this one is a cycle: neither is known.
      this.#known.set(at, missing ? undefined : this.#compute(at));
      path.pop();
      open.delete(at);
    }
    return this.#known.get(value);
  }

  /** The same as plain numbers. */
  integersOf(value: Value): readonly number[] | undefined {
    return this.evaluate(value)?.values;
  }

  /** The first input that has to be known before `value` can be computed. */
  #missingFor(value: Value): Value | undefined {
    if (value.initializer || !this.#mayBeKnown(value)) return undefined;
    return value.producer?.inputs.find((input): input is Value => input !== null && !this.#known.has(input));
  }

  #mayBeKnown(value: Value): boolean {
    const dims = this.#dims(value);
    if (dims && !isSmall(dims)) return false;
    return value.producer !== undefined && lookupOp(value.producer)?.evaluate !== undefined;
  }

  #compute(value: Value): IntegerTensor | undefined {
    if (value.initializer) {
      const tensor = integerTensorOf(value.initializer);
      return tensor && { ...tensor, origins: tensor.values.map((_, index) => ({ constant: value, index })) };
    }
    const node = value.producer;
    if (!node || !this.#mayBeKnown(value)) return undefined;
    const inputs = node.inputs.map((input) => (input ? this.#known.get(input) : undefined));
    let isMeasured = inputs.some((input) => input?.isMeasured);
    const measure = (measured: Value) => {
      isMeasured = true;
      return this.#dims(measured);
    };
    const result = lookupOp(node)?.evaluate?.(node, inputs, measure, value.producerIndex);
    return result && { ...result, isMeasured };
  }
}
