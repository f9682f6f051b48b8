import type { Operand } from "../ops/index.js";
import { axisOf } from "../ops/index.js";
import { barrier } from "./barriers.js";
import { concatGrids, type Field, permuteField, spreadField, takeFromGrid, tiled } from "./field.js";
import type { LabelFlow } from "./flow.js";
import { joinElementwise } from "./join.js";
import { type LinkedOperand, linked } from "./operand.js";
import { reshapeOperand } from "./reshape-operand.js";

/** A field on several axes on its way from one operand to another, with the axes that have passed. */
interface Passing {
  readonly from: LinkedOperand;
  readonly to: LinkedOperand;
  readonly field: Field;
  readonly seen: Map<number, number>;
}

/** Movements of labels from a node's inputs to its outputs. */
export class Moves {
  readonly #passing: Passing[] = [];

  constructor(readonly flow: LabelFlow) {}

  same(x: Operand, y: Operand): void {
    for (let axis = 0; axis < x.dims.length; axis++) this.flow.open(linked(x), axis);
    this.flow.pour(linked(y), linked(x).labels.fields, (axis) => linked(x).labels.solid[axis]);
  }

  pass(x: Operand, xAxis: number, y: Operand, yAxis: number): void {
    const [from, to] = [linked(x), linked(y)];
    const [i, j] = [axisOf(xAxis, from.dims.length), axisOf(yAxis, to.dims.length)];
    const fields = this.flow.fieldsOn(from, i);
    if (fields.some((field) => this.flow.isRagged(field))) {
      to.labels.solid[j] ??= barrier("collapsed", this.flow.node, x.value, i);
      return;
    }
    if (to.labels.solid[j] && to.fieldsOn(j).length === 0 && this.#staysWhole(from, i, fields)) {
      return this.#passGrid(from, fields[0] as Field, i, to, j);
    }
    if (to.holder || to.fieldsOn(j).length > 0 || to.labels.solid[j]) return this.flow.tie(from, i, to, j);
    to.labels.solid[j] = from.labels.solid[i];
    // On its way to becoming a weight it may make channels; expanded to data's sizes it may meet some.
    if (to.isConstant || this.#isLong(from, i)) this.flow.open(from, i);
    for (const field of this.flow.fieldsOn(from, i)) {
      if (field.axes.length === 1) this.flow.add(to, { ...field, axes: [j] });
      else this.#passGrid(from, field, i, to, j);
    }
  }

  /** Whether there was more than one place before any cut. */
  #isLong({ value, dims }: LinkedOperand, axis: number): boolean {
    return ((this.flow.labelling.constants.originalDims(value) ?? dims)[axis] ?? 1) > 1;
  }

  /** Another operand has no channels where this one has rows of a grid (heads): the rows lose inside, if they may. */
  #staysWhole(from: LinkedOperand, axis: number, [grid, ...others]: readonly Field[]): boolean {
    const inner = grid?.axes.find((each) => each !== axis);
    if (this.flow.labelling.rules.attention !== "dims" || from.isConstant) return false;
    if (grid?.axes.length !== 2 || inner === undefined || others.length > 0) return false;
    this.flow.labelling.now.ragged.push({ field: grid, axis: inner });
    return true;
  }

  /** A field on several axes follows once all its axes have been passed. */
  #passGrid(from: LinkedOperand, field: Field, i: number, to: LinkedOperand, j: number): void {
    let passing = this.#passing.find(
      (each) => each.from === from && each.to === to && sameAxes(each.field, field),
    );
    if (!passing) {
      passing = { from, to, field, seen: new Map() };
      this.#passing.push(passing);
    }
    passing.seen.set(i, j);
    if (passing.seen.size < field.axes.length) return;
    const perm = new Array<number>(to.dims.length).fill(-1);
    for (const [source, target] of passing.seen) perm[target] = source;
    this.flow.add(to, permuteField(field, perm));
  }

  /** What did not pass whole can only lose along the axes that did. */
  finish(): void {
    for (const { field, seen } of this.#passing) {
      const now = this.flow.labelling.reduced(field);
      if (now.axes.length === 1) continue;
      for (const axis of now.axes)
        if (!seen.has(axis)) this.flow.labelling.tieAlong(now, axis, this.flow.node);
    }
  }

  permute(x: Operand, y: Operand, perm: readonly number[]): void {
    const from = linked(x);
    for (let axis = 0; axis < x.dims.length; axis++) this.flow.open(from, axis);
    const fields = from.labels.fields.map((field) => permuteField(this.flow.labelling.reduced(field), perm));
    this.flow.pour(linked(y), fields, (axis) => from.labels.solid[perm[axis] as number]);
  }

  reshape(x: Operand, y: Operand): void {
    reshapeOperand(this.flow, linked(x), linked(y));
  }

  concat(xs: readonly Operand[], y: Operand, axis: number): void {
    const parts = xs.map(linked);
    const at = axisOf(axis, y.dims.length);
    const along = parts.map((part) => this.flow.singleFieldOn(part, at));
    const to = linked(y);
    joinElementwise(this.flow, parts, to, at);
    if (along.every((field) => field === undefined) && parts.every((part) => !part.holder)) {
      to.labels.solid[at] = parts[0]?.labels.solid[at];
      return;
    }
    if (along.every((field) => field === undefined)) return;
    const filled = along.map((field, i) => field ?? this.#solidAsField(parts[i] as LinkedOperand, at, i));
    const axes = [...new Set(filled.flatMap((field) => field.axes))].sort((a, b) => a - b);
    const spread = filled.map((field, i) => {
      const part = parts[i] as LinkedOperand;
      return spreadField(
        field,
        axes,
        axes.map((each) => part.dims[each] as number),
      );
    });
    const dims = axes.map((each) => y.dims[each] as number);
    this.flow.add(to, {
      axes,
      dims,
      labels: concatGrids(
        spread,
        filled.map((_, i) => axes.map((e) => (parts[i] as LinkedOperand).dims[e] as number)),
        axes.indexOf(at),
        dims,
      ),
      sources: [],
    });
  }

  /** Labels for a stretch that had none: a constant's own, or frozen ones. */
  #solidAsField(operand: LinkedOperand, axis: number, position: number): Field {
    const size = operand.dims[axis] as number;
    const opened = this.flow.open(operand, axis);
    if (opened) return opened;
    const labels = this.flow.labelling.remember(`${this.flow.name}/concat/${position}/${axis}`, size);
    this.flow.labelling.atoms.freeze(
      labels,
      operand.labels.solid[axis] ?? barrier("no-channels", this.flow.node, operand.value, axis),
    );
    return { axes: [axis], dims: [size], labels, sources: [] };
  }

  take(x: Operand, y: Operand, axis: number, indices: ArrayLike<number>): void {
    const from = linked(x);
    const at = axisOf(axis, x.dims.length);
    for (let each = 0; each < x.dims.length; each++) this.flow.open(from, each);
    const blanks = (count: number) => this.flow.labelling.remember(`${this.flow.name}/blank/${at}`, count);
    const fields = from.labels.fields.map((field) => {
      const reduced = this.flow.labelling.reduced(field);
      return reduced.axes.includes(at) ? takeFromGrid(reduced, at, indices, blanks) : reduced;
    });
    this.flow.pour(linked(y), fields, (each) => from.labels.solid[each]);
  }

  elementwise(xs: readonly Operand[], y: Operand): void {
    joinElementwise(this.flow, xs.map(linked), linked(y), undefined);
  }

  spread(y: Operand, axis: number): void {
    const at = axisOf(axis, y.dims.length);
    const size = y.dims[at] as number;
    const labels = this.flow.labelling.remember(`${this.flow.name}/spread/${at}`, size);
    this.flow.add(linked(y), { axes: [at], dims: [size], labels, sources: [], isRepeat: true });
  }

  produce(w: Operand, wAxis: number, y: Operand, yAxis: number): void {
    const [weight, to] = [linked(w), linked(y)];
    const [i, j] = [axisOf(wAxis, weight.dims.length), axisOf(yAxis, to.dims.length)];
    this.flow.open(weight, i);
    if (weight.isConstant && !this.flow.mark(weight, i, "producer")) this.flow.makeComputed(weight, i);
    to.labels.solid[j] = weight.labels.solid[i];
    for (const field of this.flow.fieldsOn(weight, i)) {
      if (field.axes.length === 1) this.flow.add(to, { ...field, axes: [j], sources: [] });
      else
        this.flow.labelling.tieAlong(field, field.axes.find((axis) => axis !== i) as number, this.flow.node);
    }
  }

  produceBlocks(w: Operand, wAxis: number, y: Operand, yAxis: number, blocks: number): void {
    const [weight, to] = [linked(w), linked(y)];
    const [i, j] = [axisOf(wAxis, weight.dims.length), axisOf(yAxis, to.dims.length)];
    const field = this.flow.open(weight, i) && this.flow.singleFieldOn(weight, i);
    if (!field || field.axes.length > 1 || !this.flow.mark(weight, i, "producer")) {
      to.labels.solid[j] = barrier("not-rewritable", this.flow.node, w.value, i);
      return this.flow.freezeOn(weight, i, to.labels.solid[j]);
    }
    const size = field.labels.length / blocks;
    const labels = field.labels.subarray(0, size);
    this.flow.labelling.atoms.unite(field.labels, tiled(labels, blocks), this.flow.node);
    this.flow.add(to, { axes: [j], dims: [size], labels, sources: [] });
  }

  repeatEach(x: Operand, xAxis: number, y: Operand, yAxis: number, times: number): void {
    const [from, to] = [linked(x), linked(y)];
    const [i, j] = [axisOf(xAxis, from.dims.length), axisOf(yAxis, to.dims.length)];
    const target = this.flow.singleFieldOn(to, j);
    if (target) this.flow.open(from, i);
    const source = this.flow.singleFieldOn(from, i);
    if (!source) {
      to.labels.solid[j] ??= from.labels.solid[i];
      return this.flow.freezeOn(to, j, from.labels.solid[i]);
    }
    if (source.axes.length > 1 || (target && target.axes.length > 1)) {
      return this.flow.freezeOn(from, i, barrier("not-rewritable", this.flow.node, x.value, i));
    }
    const size = to.dims[j] as number;
    const repeated =
      times === 1
        ? source.labels
        : Int32Array.from({ length: size }, (_, k) => source.labels[Math.floor(k / times)] as number);
    if (target) this.flow.labelling.atoms.unite(repeated, target.labels, this.flow.node);
    else this.flow.add(to, { axes: [j], dims: [size], labels: repeated, sources: [] });
  }
}

function sameAxes(a: Field, b: Field): boolean {
  return String(a.axes) === String(b.axes);
}
