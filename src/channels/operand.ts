import { invariant } from "../base/errors.js";
import type { Value } from "../ir/index.js";
import type { Operand } from "../ops/index.js";
import type { Barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { Holder } from "./holders.js";

/** What is known about the channels of one value. */
export interface ValueLabels {
  fields: Field[];
  /** Why an axis without a field carries no channels. */
  readonly solid: (Barrier | undefined)[];
}

/** Rules list the places of an axis. Those of networks are shorter than this, but a file may claim any size. */
const LONGEST_AXIS = 1 << 24;

export function isTooLong(size: number): boolean {
  return size > LONGEST_AXIS;
}

/** An operand together with the labels behind it. */
export class LinkedOperand implements Operand {
  constructor(
    readonly value: Value,
    readonly dims: readonly number[],
    readonly isConstant: boolean,
    /** Set where the operand is a stored constant, whose labels are made only on demand. */
    readonly holder: Holder | undefined,
    readonly labels: ValueLabels,
  ) {}

  fieldsOn(axis: number): Field[] {
    return this.labels.fields.filter((field) => field.axes.includes(axis));
  }
}

/** What a rule was given is what it gives back. */
export function linked(operand: Operand): LinkedOperand {
  invariant(operand instanceof LinkedOperand, "an operand comes from the link it is given to");
  return operand;
}
