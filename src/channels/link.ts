import { invariant } from "../base/errors.js";
import type { Node, Tensor, Value } from "../ir/index.js";
import {
  axisOf,
  type BarrierCode,
  type ChannelLink,
  constantTensor,
  isAlias,
  type Operand,
} from "../ops/index.js";
import type { Barrier } from "./atoms.js";
import { type Field, permuteField, reshapeFields, spreadField } from "./field.js";
import { joinElementwise } from "./join.js";
import { barrier, type Labelling, scratchValue } from "./labelling.js";
import { LinkedOperand, linked, type ValueLabels } from "./operand.js";

/** A field on several axes on its way from one operand to another, with the axes that have passed. */
interface Passing {
  readonly from: LinkedOperand;
  readonly to: LinkedOperand;
  readonly field: Field;
  readonly seen: Map<number, number>;
}

function sameAxes(a: Field, b: Field): boolean {
  return String(a.axes) === String(b.axes);
}

/** The relations that one node's rule states, carried out on the labelling. */
export class NodeLink implements ChannelLink {
  readonly #inputs: (LinkedOperand | undefined)[];
  readonly #outputs: (LinkedOperand | undefined)[];
  /**
   * What the rule stated, in the order in which it is carried out: relations that need the inputs only, then the
   * movements of labels to the outputs, then relations that need these.
   */
  readonly #stated: Record<"before" | "moves" | "after", (() => void)[]> = {
    before: [],
    moves: [],
    after: [],
  };

  constructor(
    readonly labelling: Labelling,
    readonly node: Node,
  ) {
    this.#inputs = node.inputs.map((value, index) => (value ? this.#inputOperand(value, index) : undefined));
    this.#outputs = node.outputs.map((value) => (value ? this.#outputOperand(value) : undefined));
  }

  get opset(): number {
    return this.labelling.opset;
  }

  get hasKnownDims(): boolean {
    const known = (operand: LinkedOperand | undefined) =>
      !operand || this.labelling.dims(operand.value) !== undefined;
    return this.#inputs.every(known) && this.#outputs.every(known);
  }

  #inputOperand(value: Value, index: number): LinkedOperand {
    const { labelling } = this;
    const dims = labelling.dims(value) ?? [];
    const source = this.#storedConstant(value, index);
    if (source) {
      const holder = labelling.holder(source.value, source.reader, source.index);
      const solid = dims.map((_, axis) => barrier("no-channels", undefined, value, axis));
      const single = [...holder.blocks.values()].filter((block) => block.axes.length === 1);
      const fields = single.map((block) => ({ ...block, sources: [block] }));
      return new LinkedOperand(value, dims, true, holder, { fields, solid });
    }
    return new LinkedOperand(value, dims, labelling.isConstant(value), undefined, labelling.labelsOf(value));
  }

  /** The constant behind a value, seen through Identity, with the node that reads it directly. */
  #storedConstant(value: Value, index: number): { value: Value; reader: Node; index: number } | undefined {
    let [reader, at, current] = [this.node, index, value];
    while (!current.initializer) {
      const maker = current.producer;
      if (constantTensor(current)) break;
      const inner = maker?.input(0);
      if (!maker || !inner || !isAlias(maker) || current.isOutput) return undefined;
      [reader, at, current] = [maker, 0, inner];
    }
    return current.graph === this.node.graph ? { value: current, reader, index: at } : undefined;
  }

  #outputOperand(value: Value): LinkedOperand {
    const dims = this.labelling.dims(value) ?? [];
    const labels: ValueLabels = { fields: [], solid: new Array(dims.length).fill(undefined) };
    this.labelling.values.set(value, labels);
    return new LinkedOperand(value, dims, this.labelling.isConstant(value), undefined, labels);
  }

  input(index: number): LinkedOperand | undefined {
    return this.#inputs[index];
  }

  output(index: number): LinkedOperand | undefined {
    return this.#outputs[index];
  }

  inputs(): LinkedOperand[] {
    return this.#inputs.filter((operand) => operand !== undefined);
  }

  outputs(): LinkedOperand[] {
    return this.#outputs.filter((operand) => operand !== undefined);
  }

  tensor(operand: Operand | undefined): Tensor | undefined {
    return operand && linked(operand).holder?.tensor;
  }

  integers(operand: Operand | undefined): readonly number[] | undefined {
    return operand && this.labelling.integers.integersOf(operand.value);
  }

  originalDims(operand: Operand): readonly number[] {
    return this.labelling.constants.originalDims(operand.value) ?? operand.dims;
  }

  same(x: Operand, y: Operand): void {
    this.#stated.moves.push(() => this.#same(x, y));
  }

  #same(x: Operand, y: Operand): void {
    for (let axis = 0; axis < x.dims.length; axis++) this.#open(linked(x), axis);
    this.#pour(linked(y), linked(x).labels.fields, (axis) => linked(x).labels.solid[axis]);
  }

  pass(x: Operand, xAxis: number, y: Operand, yAxis: number): void {
    this.#stated.moves.push(() => this.#pass(x, xAxis, y, yAxis));
  }

  #pass(x: Operand, xAxis: number, y: Operand, yAxis: number): void {
    const [from, to] = [linked(x), linked(y)];
    const [i, j] = [axisOf(xAxis, from.dims.length), axisOf(yAxis, to.dims.length)];
    if (to.holder || to.fieldsOn(j).length > 0 || to.labels.solid[j]) return this.#tie(from, i, to, j);
    to.labels.solid[j] = from.labels.solid[i];
    for (const field of from.fieldsOn(i).map((each) => this.labelling.reduced(each))) {
      if (!field.axes.includes(i)) continue;
      if (field.axes.length === 1) this.#add(to, { ...field, axes: [j] });
      else this.#passGrid(from, field, i, to, j);
    }
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
    this.#add(to, permuteField(field, perm));
  }
  readonly #passing: Passing[] = [];

  #isInput(operand: LinkedOperand): boolean {
    return this.#inputs.includes(operand);
  }

  /** What did not pass whole can only lose along the axes that did. */
  #finishPassing(): void {
    for (const { field, seen } of this.#passing) {
      const now = this.labelling.reduced(field);
      if (now.axes.length === 1) continue;
      for (const axis of now.axes) if (!seen.has(axis)) this.labelling.tieAlong(now, axis, this.node);
    }
  }

  permute(x: Operand, y: Operand, perm: readonly number[]): void {
    this.#stated.moves.push(() => this.#permute(x, y, perm));
  }

  #permute(x: Operand, y: Operand, perm: readonly number[]): void {
    const from = linked(x);
    for (let axis = 0; axis < x.dims.length; axis++) this.#open(from, axis);
    const fields = from.labels.fields.map((field) => permuteField(this.labelling.reduced(field), perm));
    this.#pour(linked(y), fields, (axis) => from.labels.solid[perm[axis] as number]);
  }

  reshape(x: Operand, y: Operand): void {
    this.#stated.moves.push(() => this.#reshape(x, y));
  }

  #reshape(x: Operand, y: Operand): void {
    const from = linked(x);
    for (let axis = 0; axis < x.dims.length; axis++) this.#open(from, axis);
    const { fields, torn, origin } = reshapeFields(from.labels.fields, x.dims, y.dims, this.labelling.same);
    this.labelling.freezeFields(torn, barrier("reshape", this.node, x.value, torn[0]?.axes[0] ?? 0));
    this.#pour(linked(y), fields, (axis) => {
      const at = origin[axis];
      return at === undefined ? undefined : from.labels.solid[at];
    });
  }

  concat(xs: readonly Operand[], y: Operand, axis: number): void {
    this.#stated.moves.push(() => this.#concat(xs, y, axis));
  }

  #concat(xs: readonly Operand[], y: Operand, axis: number): void {
    const parts = xs.map(linked);
    const at = axisOf(axis, y.dims.length);
    const along = parts.map((part) => this.#singleFieldOn(part, at));
    const to = linked(y);
    joinElementwise(this, parts, to, at);
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
    this.#add(to, {
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

  /** The one field on an axis; several (an outer product) cannot be strung together and stay. */
  #singleFieldOn(operand: LinkedOperand, axis: number): Field | undefined {
    const fields = operand
      .fieldsOn(axis)
      .map((field) => this.labelling.reduced(field))
      .filter((field) => field.axes.includes(axis));
    if (fields.length > 1) {
      this.labelling.freezeFields(fields, barrier("unaligned", this.node, operand.value, axis));
    }
    return fields[0];
  }

  /** Labels for a stretch that had none: a constant's own, or frozen ones. */
  #solidAsField(operand: LinkedOperand, axis: number, position: number): Field {
    const size = operand.dims[axis] as number;
    const opened = this.#open(operand, axis);
    if (opened) return opened;
    const labels = this.labelling.remember(`${this.#name}/concat/${position}/${axis}`, size);
    this.labelling.atoms.freeze(
      labels,
      operand.labels.solid[axis] ?? barrier("no-channels", this.node, operand.value, axis),
    );
    return { axes: [axis], dims: [size], labels, sources: [] };
  }

  take(x: Operand, y: Operand, axis: number, indices: ArrayLike<number>): void {
    this.#stated.moves.push(() => this.#take(x, y, axis, indices));
  }

  #take(x: Operand, y: Operand, axis: number, indices: ArrayLike<number>): void {
    const from = linked(x);
    const at = axisOf(axis, x.dims.length);
    for (let each = 0; each < x.dims.length; each++) this.#open(from, each);
    const zeros = Array.from(indices).filter((index) => index < 0).length;
    const fields = from.labels.fields.map((field) => {
      const reduced = this.labelling.reduced(field);
      return reduced.axes.includes(at) ? this.#takeField(reduced, at, indices, zeros) : reduced;
    });
    this.#pour(linked(y), fields, (each) => from.labels.solid[each]);
  }

  #takeField(field: Field, axis: number, indices: ArrayLike<number>, zeros: number): Field {
    const at = field.axes.indexOf(axis);
    const size = field.dims[at] as number;
    const inner = field.dims.slice(at + 1).reduce((a, b) => a * b, 1);
    const outer = field.labels.length / (size * inner);
    const dims = field.dims.map((dim, i) => (i === at ? indices.length : dim));
    const blanks =
      zeros > 0 ? this.labelling.remember(`${this.#name}/blank/${axis}`, zeros * outer * inner) : undefined;
    const labels = new Int32Array(outer * indices.length * inner);
    let blank = 0;
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < indices.length; k++) {
        const index = indices[k] as number;
        for (let i = 0; i < inner; i++) {
          labels[to++] =
            index < 0
              ? (blanks?.[blank++] as number)
              : (field.labels[(o * size + index) * inner + i] as number);
        }
      }
    }
    return { axes: field.axes, dims, labels, sources: [] };
  }

  shuffle(input: Value, output: Value, axis: number, permutation: ArrayLike<number>): void {
    const x = this.#inputOperand(input, 0);
    const y = this.#outputOperand(output);
    this.#take(x, y, axis, permutation);
    this.#fillSolid(y);
  }

  elementwise(xs: readonly Operand[], y: Operand): void {
    this.#stated.moves.push(() => this.#elementwise(xs, y));
  }

  #elementwise(xs: readonly Operand[], y: Operand): void {
    joinElementwise(this, xs.map(linked), linked(y), undefined);
  }

  spread(y: Operand, axis: number): void {
    this.#stated.moves.push(() => this.#spread(y, axis));
  }

  #spread(y: Operand, axis: number): void {
    const at = axisOf(axis, y.dims.length);
    const size = y.dims[at] as number;
    const labels = this.labelling.remember(`${this.#name}/spread/${at}`, size);
    this.#add(linked(y), { axes: [at], dims: [size], labels, sources: [] });
  }

  contract(a: Operand, aAxis: number, b: Operand, bAxis: number): void {
    this.#stated.before.push(() => this.#contract(a, aAxis, b, bAxis));
  }

  #contract(a: Operand, aAxis: number, b: Operand, bAxis: number): void {
    const [left, right] = [linked(a), linked(b)];
    const [i, j] = [axisOf(aAxis, left.dims.length), axisOf(bAxis, right.dims.length)];
    this.#tie(left, i, right, j);
    const isRead = [left, right].map(
      (operand, k) => operand.isConstant && this.#mark(operand, [i, j][k] as number, "consumer"),
    );
    // No stored weight to set to zero: one of the two operands must be seen as zeros.
    if (isRead.includes(true)) return;
    if (left.isConstant) this.#silence(right, j);
    else this.#silence(left, i);
  }

  sum(x: Operand, axis: number): void {
    this.#stated.before.push(() => this.#silence(linked(x), axisOf(axis, x.dims.length)));
  }

  #silence(x: LinkedOperand, axis: number): void {
    for (const field of x.fieldsOn(axis).map((each) => this.labelling.reduced(each))) {
      if (!field.axes.includes(axis)) continue;
      if (field.axes.length > 1) this.labelling.tieAlong(field, axis, this.node);
      else this.labelling.silenced.push({ value: x.value, reader: this.node, axis, labels: field.labels });
    }
  }

  produce(w: Operand, wAxis: number, y: Operand, yAxis: number): void {
    this.#stated.moves.push(() => this.#produce(w, wAxis, y, yAxis));
  }

  #produce(w: Operand, wAxis: number, y: Operand, yAxis: number): void {
    const [weight, to] = [linked(w), linked(y)];
    const [i, j] = [axisOf(wAxis, weight.dims.length), axisOf(yAxis, to.dims.length)];
    this.#open(weight, i);
    if (weight.isConstant && !this.#mark(weight, i, "producer")) this.#makeComputed(weight, i);
    const fields = weight
      .fieldsOn(i)
      .map((each) => this.labelling.reduced(each))
      .filter((field) => field.axes.includes(i));
    to.labels.solid[j] = weight.labels.solid[i];
    for (const field of fields) {
      if (field.axes.length === 1) this.#add(to, { ...field, axes: [j], sources: [] });
      else this.labelling.tieAlong(field, field.axes.find((axis) => axis !== i) as number, this.node);
    }
  }

  ride(parameter: Operand, parameterAxis: number, x: Operand, axis: number): void {
    this.#stated.after.push(() => {
      this.#tie(
        linked(parameter),
        axisOf(parameterAxis, parameter.dims.length),
        linked(x),
        axisOf(axis, x.dims.length),
      );
    });
  }

  /** Two axes carry the same channels index by index; where only one can lose channels, it stays. */
  #tie(a: LinkedOperand, i: number, b: LinkedOperand, j: number): void {
    const { labelling } = this;
    const on = (operand: LinkedOperand, axis: number) =>
      operand
        .fieldsOn(axis)
        .map((each) => labelling.reduced(each))
        .filter((field) => field.axes.includes(axis));
    let [left, right] = [on(a, i), on(b, j)];
    if (left.length === 0 && right.length > 0) left = this.#openLike(a, i, right);
    else if (right.length === 0 && left.length > 0) right = this.#openLike(b, j, left);
    if (left.length === 0 || right.length === 0) return this.#meetSolid(a, i, b, j);
    if (left.length !== right.length) {
      this.freezeFieldsOn(a, i, barrier("unaligned", this.node, a.value, i));
      return this.freezeFieldsOn(b, j, barrier("unaligned", this.node, b.value, j));
    }
    left.forEach((field, k) => {
      const other = right[k] as Field;
      if (field.axes.length === 1 && other.axes.length === 1) {
        labelling.atoms.expect(field.labels.length === other.labels.length, this.node, () => {
          return `${a.value.name} brings ${field.labels.length} channels, ${b.value.name} ${other.labels.length}`;
        });
        labelling.atoms.unite(field.labels, other.labels, this.node);
      } else if (field.axes.length > 1 && other.axes.length > 1) {
        labelling.tieAlong(field, i, this.node);
        labelling.tieAlong(other, j, this.node);
      } else {
        const [wide, narrow, axis] = field.axes.length > 1 ? [field, other, i] : [other, field, j];
        this.#meetGrid(wide, { ...narrow, axes: [axis] });
      }
    });
  }

  /** A grid meets channels on its outer axis alone (heads): whole rows go. On an inner one: decided later. */
  #meetGrid(wide: Field, narrow: Field): void {
    if (wide.axes[0] !== narrow.axes[0]) {
      this.labelling.weak.push({ node: this.node, wide, narrow });
      return;
    }
    for (const axis of wide.axes.slice(1)) this.labelling.tieAlong(wide, axis, this.node);
    this.labelling.atoms.unite(this.labelling.reduced(wide).labels, narrow.labels, this.node);
  }

  /** One side carries no channels (for now, as long as the labelling is patient): the other cannot lose any. */
  #meetSolid(a: LinkedOperand, i: number, b: LinkedOperand, j: number): void {
    if (this.labelling.isPatient) return;
    this.freezeFieldsOn(b, j, a.labels.solid[i]);
    this.freezeFieldsOn(a, i, b.labels.solid[j]);
  }

  /** Labels on a stored constant's axis: one field for each field that it meets. */
  #openLike(operand: LinkedOperand, axis: number, fields: readonly Field[]): Field[] {
    if (fields.length > 1 && operand.holder) {
      this.labelling.freezeFields(fields, barrier("unaligned", this.node, operand.value, axis));
      return [];
    }
    const opened = this.#open(operand, axis);
    return opened ? [opened] : [];
  }

  /** Makes the labels of a stored constant's axis visible. */
  #open(operand: LinkedOperand, axis: number): Field | undefined {
    const { holder } = operand;
    if (!holder || operand.fieldsOn(axis).length > 0) return operand.fieldsOn(axis)[0];
    const block = this.labelling.block(holder, axis);
    const field: Field = { ...block, sources: [block] };
    operand.labels.fields.push(field);
    return field;
  }

  open(operand: LinkedOperand, axis: number): Field | undefined {
    return this.#open(operand, axis);
  }

  contractBlocks(
    x: Operand,
    xAxis: number,
    w: Operand,
    axis: number,
    blockAxis: number,
    groups: number,
  ): void {
    this.#stated.before.push(() => this.#contractBlocks(x, xAxis, w, axis, blockAxis, groups));
  }

  #contractBlocks(
    x: Operand,
    xAxis: number,
    w: Operand,
    axis: number,
    blockAxis: number,
    groups: number,
  ): void {
    const [from, weight] = [linked(x), linked(w)];
    const at = axisOf(xAxis, from.dims.length);
    const field = this.#singleFieldOn(from, at);
    if (!field) return;
    if (!weight.holder || field.axes.length > 1) {
      return this.freezeFieldsOn(from, at, barrier("not-rewritable", this.node, from.value, at));
    }
    const block = this.labelling.pairedBlock(weight.holder, [blockAxis, axis], groups);
    block.role = "consumer";
    const rows = (weight.dims[blockAxis] as number) / groups;
    const columns = weight.dims[axis] as number;
    const first = Int32Array.from({ length: groups * columns }, (_, i) => {
      return block.labels[Math.floor(i / columns) * rows * columns + (i % columns)] as number;
    });
    this.labelling.atoms.unite(field.labels, first, this.node);
  }

  balance(x: Operand, axis: number, blocks: number): void {
    this.#stated.after.push(() => this.#balance(x, axis, blocks));
  }

  #balance(x: Operand, axis: number, blocks: number): void {
    const operand = linked(x);
    const at = axisOf(axis, operand.dims.length);
    const field = this.#singleFieldOn(operand, at);
    if (!field || blocks === 1) return;
    if (field.axes.length > 1)
      return this.freezeFieldsOn(operand, at, barrier("not-rewritable", this.node, x.value, at));
    const size = field.labels.length / blocks;
    invariant(
      Number.isInteger(size),
      () => `${this.node}: ${field.labels.length} channels in ${blocks} blocks`,
    );
    const cut = Array.from({ length: blocks }, (_, g) => field.labels.subarray(g * size, (g + 1) * size));
    this.labelling.balances.push({ node: this.node, blocks: cut });
  }

  repeatEach(x: Operand, xAxis: number, y: Operand, yAxis: number, times: number): void {
    this.#stated.moves.push(() => this.#repeatEach(x, xAxis, y, yAxis, times));
  }

  #repeatEach(x: Operand, xAxis: number, y: Operand, yAxis: number, times: number): void {
    const [from, to] = [linked(x), linked(y)];
    const [i, j] = [axisOf(xAxis, from.dims.length), axisOf(yAxis, to.dims.length)];
    const [source, target] = [this.#singleFieldOn(from, i), this.#singleFieldOn(to, j)];
    if (!source) {
      to.labels.solid[j] ??= from.labels.solid[i];
      return this.freezeFieldsOn(to, j, from.labels.solid[i]);
    }
    if (source.axes.length > 1 || (target && target.axes.length > 1)) {
      return this.freezeFieldsOn(from, i, barrier("not-rewritable", this.node, x.value, i));
    }
    const size = to.dims[j] as number;
    const repeated =
      times === 1
        ? source.labels
        : Int32Array.from({ length: size }, (_, k) => source.labels[Math.floor(k / times)] as number);
    if (target) this.labelling.atoms.unite(repeated, target.labels, this.node);
    else this.#add(to, { axes: [j], dims: [size], labels: repeated, sources: [] });
  }

  mix(x: Operand, axes: readonly number[], code: BarrierCode = "mixes-channels"): void {
    for (const axis of axes) this.freeze(x, axis, code);
  }

  freeze(x: Operand, axis: number, code: BarrierCode): void {
    const operand = linked(x);
    const at = axisOf(axis, operand.dims.length);
    this.#stated[this.#isInput(operand) ? "before" : "after"].push(() => {
      this.freezeFieldsOn(operand, at, barrier(code, this.node, operand.value, at));
    });
  }

  /** Nothing may leave this axis: a field on it alone freezes, a wider one can only lose along its other axes. */
  freezeFieldsOn(operand: LinkedOperand, axis: number, cause: Barrier | undefined): void {
    const reason = cause ?? barrier("no-channels", this.node, operand.value, axis);
    // Other readers of a shared constant must learn of it, also later ones.
    if (operand.holder && !operand.holder.reader) this.#open(operand, axis);
    for (const field of operand.fieldsOn(axis)) {
      const reduced = this.labelling.reduced(field);
      if (!reduced.axes.includes(axis)) continue;
      if (reduced.axes.length === 1) this.labelling.atoms.freeze(reduced.labels, reason);
      else this.labelling.tieAlong(reduced, axis, this.node);
    }
    operand.labels.solid[axis] ??= reason;
  }

  barrier(code: BarrierCode): void {
    this.#stated.moves.push(() => this.#barrier(code));
  }

  #barrier(code: BarrierCode): void {
    for (const operand of this.inputs()) {
      if (operand.holder && !operand.holder.reader)
        operand.dims.forEach((_, axis) => this.#open(operand, axis));
    }
    this.freezeAll(code, this.inputs());
    for (const operand of this.outputs()) {
      operand.labels.fields = [];
      operand.dims.forEach((_, axis) => {
        operand.labels.solid[axis] = barrier(code, this.node, operand.value, axis);
      });
    }
  }

  freezeAll(
    code: BarrierCode,
    operands: readonly LinkedOperand[] = [...this.inputs(), ...this.outputs()],
  ): void {
    for (const operand of operands) this.freezeWhole(operand, code);
  }

  /** Freezes all that an operand carries; a shared constant also for its other readers. */
  freezeWhole(operand: LinkedOperand, code: BarrierCode): void {
    if (operand.holder && !operand.holder.reader)
      operand.dims.forEach((_, axis) => this.#open(operand, axis));
    for (const field of operand.labels.fields) {
      this.labelling.atoms.freeze(field.labels, barrier(code, this.node, operand.value, field.axes[0] ?? 0));
    }
  }

  scratch(dims: readonly number[]): Operand {
    const value = scratchValue(this.node.graph);
    const labels: ValueLabels = { fields: [], solid: new Array(dims.length).fill(undefined) };
    return new LinkedOperand(value, dims, false, undefined, labels);
  }

  /** After the rule has run: output axes about which it said nothing carry no channels. */
  finish(): void {
    for (const phase of ["before", "moves", "after"] as const)
      for (const relation of this.#stated[phase]) relation();
    this.#finishPassing();
    for (const operand of this.outputs()) this.#fillSolid(operand);
  }

  #fillSolid(operand: LinkedOperand): void {
    operand.dims.forEach((_, axis) => {
      operand.labels.solid[axis] ??= barrier("no-channels", this.node, operand.value, axis);
    });
  }

  /** Says what the constants behind an axis do; false where some of them are computed and have no place to say it. */
  #mark(operand: LinkedOperand, axis: number, role: "producer" | "consumer"): boolean {
    const sources = operand.fieldsOn(axis).map((field) => field.sources);
    for (const source of sources.flat()) {
      const block = this.labelling.holders.get(source.holder)?.blocks.get(source.axes.join());
      if (!block) continue;
      if (role === "producer") block.makesChannels = true;
      if (block.role !== "consumer") block.role = role;
    }
    return sources.every((each) => each.length > 0);
  }

  /** A weight that no single constant holds (ConstantOfShape, Concat of constants) makes channels all the same. */
  #makeComputed(weight: LinkedOperand, axis: number): void {
    for (const field of weight.fieldsOn(axis)) {
      if (field.axes.length > 1) continue;
      const { axes, dims, labels } = field;
      const holder = weight.value.name;
      this.labelling.computed.push({
        holder,
        axes,
        dims,
        labels,
        role: "producer",
        makesChannels: true,
        blockCount: 1,
      });
    }
  }

  #pour(to: LinkedOperand, fields: readonly Field[], solid: (axis: number) => Barrier | undefined): void {
    for (const field of fields) this.#add(to, field);
    to.dims.forEach((_, axis) => {
      to.labels.solid[axis] = solid(axis);
    });
  }

  add(to: LinkedOperand, field: Field): void {
    this.#add(to, field);
  }

  #add(to: LinkedOperand, field: Field): void {
    const expected = field.axes.reduce((product, axis) => product * (to.dims[axis] ?? 0), 1);
    this.labelling.atoms.expect(field.labels.length === expected, this.node, () => {
      return `${to.value.name} axis ${field.axes}: ${field.labels.length} channels for ${expected} places`;
    });
    const sources = to.isConstant ? field.sources : [];
    const kept = sources === field.sources ? field : { ...field, sources };
    to.labels.fields.push(kept);
    if (kept.axes.length > 1) this.labelling.grids.push({ field: kept, node: this.node });
  }

  get #name(): string {
    return this.node.outputs.find((value) => value)?.name ?? this.node.label;
  }
}

/** Concatenates grids of labels along one of their axes. */
function concatGrids(
  parts: readonly Int32Array[],
  partDims: readonly (readonly number[])[],
  at: number,
  dims: readonly number[],
): Int32Array {
  const inner = dims.slice(at + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, at).reduce((a, b) => a * b, 1);
  const result = new Int32Array(dims.reduce((a, b) => a * b, 1));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    parts.forEach((part, i) => {
      const width = ((partDims[i] as readonly number[])[at] as number) * inner;
      result.set(part.subarray(o * width, (o + 1) * width), to);
      to += width;
    });
  }
  return result;
}
