import { barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { LabelFlow } from "./flow.js";
import type { LinkedOperand } from "./operand.js";
import { reshapeFields } from "./reshape-fields.js";

/** Moves the labels of `x` to `y`, which holds the same elements in the same order under other dimensions. */
export function reshapeOperand(flow: LabelFlow, x: LinkedOperand, y: LinkedOperand): void {
  for (let axis = 0; axis < x.dims.length; axis++) flow.open(x, axis);
  const alone = x.labels.fields.filter((field) => isAlone(flow, x, field));
  const { fields, torn, origin } = reshapeFields(
    x.labels.fields.filter((field) => !alone.includes(field)),
    x.dims,
    y.dims,
    flow.labelling.same,
  );
  flow.labelling.freezeFields(torn, barrier("reshape", flow.node, x.value, torn[0]?.axes[0] ?? 0));
  const all = [...fields, ...alone.flatMap((field) => placedAsBefore(flow, field, y))];
  flow.pour(y, withoutRepeats(flow, all), (axis) => {
    const at = origin[axis];
    return at === undefined ? undefined : x.labels.solid[at];
  });
}

/** Whether only one channel is left after a cut: it could lie on any of the new axes of its size, or of size one. */
function isAlone({ labelling }: LabelFlow, x: LinkedOperand, { axes, labels }: Field): boolean {
  const original = labelling.constants.originalDims(x.value);
  if (!original) return false;
  if (labels.length === 1) return true;
  return (
    axes.some((axis) => (original[axis] ?? 1) > (x.dims[axis] ?? 1)) &&
    labels.every((label) => labelling.same(label, labels[0] as number))
  );
}

/** It lies where it lay before the cut, and is not followed where that was a grid. */
function placedAsBefore({ labelling }: LabelFlow, { labels }: Field, y: LinkedOperand): Field[] {
  const label = labels[0] as number;
  const at = labelling.constants.originalAxis(y.value, label);
  const size = at === undefined ? undefined : y.dims[at];
  if (at === undefined || size === undefined) return [];
  return [{ axes: [at], dims: [size], labels: new Int32Array(size).fill(label), sources: [] }];
}

/** Copies that come to lie on one axis with channels can only go with these. */
function withoutRepeats({ labelling, node }: LabelFlow, fields: readonly Field[]): readonly Field[] {
  const isMerged = (field: Field) =>
    field.isRepeat &&
    fields.some((other) => !other.isRepeat && other.axes.some((axis) => field.axes.includes(axis)));
  const merged = fields.filter(isMerged);
  labelling.freezeFields(merged, barrier("collapsed", node, undefined, merged[0]?.axes[0] ?? 0));
  return fields.filter((field) => !isMerged(field));
}
