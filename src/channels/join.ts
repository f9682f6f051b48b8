import { barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { LabelFlow } from "./flow.js";
import type { LinkedOperand } from "./operand.js";

/** One operand's place in a broadcast: its axes are the result's last ones. */
interface Part {
  readonly operand: LinkedOperand;
  readonly offset: number;
}

/** Whether a part has more than one place along an axis of the result, or the result has not. */
type Reach = (part: Part, axis: number) => boolean;

/**
 * Joins operands that meet element by element: equal places carry equal channels. An axis of size one follows the
 * others. `except` is an axis of the result that does not take part (the axis of a Concat).
 */
export function joinElementwise(
  flow: LabelFlow,
  operands: readonly LinkedOperand[],
  y: LinkedOperand,
  except: number | undefined,
): void {
  const rank = y.dims.length;
  const parts = operands.map((operand) => ({ operand, offset: rank - operand.dims.length }));
  // Sizes before any cut: an axis that was cut down to one still carries its own channel.
  const sizes = (operand: LinkedOperand) =>
    flow.labelling.constants.originalDims(operand.value) ?? operand.dims;
  const reach: Reach = (part, axis) => {
    const size = sizes(part.operand)[axis - part.offset];
    return size !== undefined && axis !== except && (size > 1 || sizes(y)[axis] === 1);
  };
  const met = new Map<string, Field>();
  for (const part of parts) {
    if (part.operand.holder) continue;
    for (const field of alignedFields(flow, part, except)) {
      // A single element that is repeated along the others carries no channel of theirs.
      if (field.axes.some((axis) => !reach(part, axis))) continue;
      meet(flow, met, part, field);
    }
  }
  // Constants get labels only where somebody else has them, or where nobody else has the axis at all.
  openAlone(flow, met, parts, rank, except, reach);
  for (const part of parts) if (part.operand.holder) meetConstant(flow, met, part, reach);
  for (let axis = 0; axis < rank; axis++) {
    if (axis !== except) meetSolids(flow, met, parts, y, axis, reach);
  }
  addAll(flow, [...met.values()], y);
}

/** Where one operand has no channels on an axis, the others can lose none there; where none has any, the result says why. */
function meetSolids(
  flow: LabelFlow,
  met: ReadonlyMap<string, Field>,
  parts: readonly Part[],
  y: LinkedOperand,
  axis: number,
  reach: Reach,
): void {
  const here = [...met.values()].filter((field) => field.axes.includes(axis));
  const solid = parts.find((part) => reach(part, axis) && !hasFieldOn(flow, part, axis));
  if (here.length === 0) {
    const source = solid ?? parts.find((part) => axis >= part.offset);
    y.labels.solid[axis] = source?.operand.labels.solid[axis - source.offset];
  } else if (solid && !flow.labelling.waits()) {
    const cause = solid.operand.labels.solid[axis - solid.offset];
    const reason = cause ?? barrier("no-channels", flow.node, solid.operand.value, axis);
    for (const field of here.map((each) => flow.labelling.reduced(each))) {
      if (field.axes.includes(axis)) flow.keep(field, axis, reason);
    }
  }
}

/** What met is on the result; a field on some of the axes of a wider one follows it once that one's direction is known. */
function addAll(flow: LabelFlow, met: readonly Field[], y: LinkedOperand): void {
  const fields = [...met].sort((a, b) => b.axes.length - a.axes.length);
  fields.forEach((field, i) => {
    const wide = fields.slice(0, i).find((other) => field.axes.every((axis) => other.axes.includes(axis)));
    if (wide) flow.labelling.now.weak.push({ node: flow.node, wide, narrow: field });
    else flow.add(y, field);
  });
}

/** The operand's fields in the result's axes, none that touches the excepted axis. */
function alignedFields(flow: LabelFlow, { operand, offset }: Part, except: number | undefined): Field[] {
  return operand.labels.fields
    .map((field) => flow.labelling.reduced(field))
    .map((field) => ({ ...field, axes: field.axes.map((axis) => axis + offset) }))
    .filter((field) => except === undefined || !field.axes.includes(except));
}

function meet(flow: LabelFlow, met: Map<string, Field>, part: Part, field: Field): void {
  for (let k = 0; ; k++) {
    const key = `${field.axes}/${k}`;
    const other = met.get(key);
    if (!other) {
      met.set(key, field);
      return;
    }
    if (isOwn(part, other)) continue;
    flow.labelling.atoms.unite(other.labels, field.labels, flow.node);
    if (other.isRepeat && !field.isRepeat) met.set(key, field);
    return;
  }
}

/** A second field of the same operand on the same axes is another dimension of an outer product. */
function isOwn({ operand }: Part, field: Field): boolean {
  return operand.labels.fields.some((each) => each.labels === field.labels);
}

/** A constant that alone reaches an axis gives it its channels: scales of filters times a scale that data decides. */
function openAlone(
  flow: LabelFlow,
  met: Map<string, Field>,
  parts: readonly Part[],
  rank: number,
  except: number | undefined,
  reach: Reach,
): void {
  if (parts.every((part) => part.operand.isConstant)) return;
  for (let axis = 0; axis < rank; axis++) {
    const here = parts.filter((part) => axis !== except && reach(part, axis));
    const [part] = here;
    if (here.length !== 1 || !part?.operand.holder) continue;
    const field = flow.open(part.operand, axis - part.offset);
    if (field?.axes.length === 1) meet(flow, met, part, { ...field, axes: [axis] });
  }
}

function meetConstant(flow: LabelFlow, met: Map<string, Field>, part: Part, reach: Reach): void {
  for (const field of [...met.values()]) {
    for (const axis of field.axes.filter((each) => reach(part, each))) {
      const own = flow.open(part.operand, axis - part.offset);
      if (!own || own.axes.length > 1) continue;
      if (field.axes.length === 1) {
        if (own.labels.length === field.labels.length)
          flow.labelling.atoms.unite(field.labels, own.labels, flow.node);
      } else flow.labelling.now.weak.push({ node: flow.node, wide: field, narrow: { ...own, axes: [axis] } });
    }
  }
}

function hasFieldOn(flow: LabelFlow, { operand, offset }: Part, axis: number): boolean {
  return flow.fieldsOn(operand, axis - offset).length > 0;
}
