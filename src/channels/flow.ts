import type { Node } from "../ir/index.js";
import type { BarrierCode } from "../ops/index.js";
import { type Barrier, barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { Labelling } from "./labelling.js";
import { isTooLong, type LinkedOperand } from "./operand.js";

/** What the rules of one node do to labels, in the terms that movements and relations share. */
export class LabelFlow {
  /** Grids whose rows lose one by one, by their labels, with the axis along which they do. */
  #ragged: Map<Int32Array, number> | undefined;

  constructor(
    readonly labelling: Labelling,
    readonly node: Node,
  ) {}

  /** Names the node among all nodes: its first output. */
  get name(): string {
    return this.node.outputs.find((value) => value)?.name ?? this.node.label;
  }

  /** The fields on one axis as far as they are decided; of several, those that can still lose anything. */
  fieldsOn(operand: LinkedOperand, axis: number): Field[] {
    const fields = this.#fieldsOn(operand, axis);
    if (fields.length === 0 && operand.holder) this.labelling.now.readBare(operand.holder, axis);
    return fields;
  }

  #fieldsOn(operand: LinkedOperand, axis: number): Field[] {
    const fields: Field[] = [];
    for (const field of operand.labels.fields) {
      if (!field.axes.includes(axis)) continue;
      const now = this.labelling.reduced(field);
      if (now.axes.includes(axis)) fields.push(now);
    }
    if (fields.length < 2) return fields;
    this.labelling.now.followsUnions = true;
    const live = fields.filter(
      ({ labels }) => !labels.every((label) => this.labelling.atoms.isFrozen(label)),
    );
    return live.length > 0 ? live : fields;
  }

  /** The one field on an axis; several (an outer product) cannot be strung together and stay. */
  singleFieldOn(operand: LinkedOperand, axis: number): Field | undefined {
    const fields = this.fieldsOn(operand, axis);
    if (fields.length > 1) {
      this.labelling.freezeFields(fields, barrier("unaligned", this.node, operand.value, axis));
    }
    return fields[0];
  }

  /** Two axes carry the same channels index by index; where only one can lose channels, it stays. */
  tie(a: LinkedOperand, i: number, b: LinkedOperand, j: number): void {
    let [left, right] = [this.#fieldsOn(a, i), this.#fieldsOn(b, j)];
    if (a.holder && left.length === 0) right = this.#outermost(b, j, right);
    if (b.holder && right.length === 0) left = this.#outermost(a, i, left);
    if (left.length === 0 && right.length > 0) left = this.openLike(a, i, right);
    else if (right.length === 0 && left.length > 0) right = this.openLike(b, j, left);
    if (left.length === 0 || right.length === 0) {
      this.fieldsOn(a, i);
      this.fieldsOn(b, j);
      return this.meetSolid(a, i, b, j);
    }
    if (left.length !== right.length) {
      if (a.isConstant) left = this.#likeOnly(left, right);
      if (b.isConstant) right = this.#likeOnly(right, left);
    }
    if (left.length !== right.length) {
      this.freezeOn(a, i, barrier("unaligned", this.node, a.value, i));
      return this.freezeOn(b, j, barrier("unaligned", this.node, b.value, j));
    }
    left.forEach((field, k) => {
      this.#tieFields(a, field, i, b, right[k] as Field, j);
    });
  }

  /** The same for one field on each axis: a grid loses whole rows along the axis that it is met on. */
  #tieFields(a: LinkedOperand, field: Field, i: number, b: LinkedOperand, other: Field, j: number): void {
    const { labelling, node } = this;
    const [isGrid, isOtherGrid] = [field.axes.length > 1, other.axes.length > 1];
    if (!isGrid && !isOtherGrid) {
      labelling.atoms.expect(field.labels.length === other.labels.length, node, () => {
        return `${a.value.name} brings ${field.labels.length} channels, ${b.value.name} ${other.labels.length}`;
      });
      labelling.atoms.unite(field.labels, other.labels, node);
    } else if (isGrid && isOtherGrid) {
      labelling.tieAlong(field, i, node);
      labelling.tieAlong(other, j, node);
    } else {
      const [wide, narrow, axis] = isGrid ? [field, other, i] : [other, field, j];
      const inner = this.#ragged?.get(wide.labels);
      if (inner === undefined || inner === axis) this.meetGrid(wide, { ...narrow, axes: [axis] });
      else labelling.atoms.freeze(narrow.labels, barrier("collapsed", node, undefined, axis));
    }
  }

  /**
   * A merged axis of a constant carries a field for each axis that went into it (channel, row, column of a flattened
   * map): the one that repeats as the data's field does is meant, the others can lose nothing.
   */
  #likeOnly(fields: Field[], met: readonly Field[]): Field[] {
    const [only] = met;
    const like = met.length === 1 && only && fields.find((field) => repeatsAlike(field.labels, only.labels));
    if (!like) return fields;
    for (const field of fields) {
      if (field !== like) this.labelling.freezeFields([field], barrier("collapsed", this.node, undefined, 0));
    }
    return [like];
  }

  /**
   * A stored weight reads an outer product of channels (heads of queries, dimensions of one shared value): those of its
   * outer factor may go, the others stay.
   */
  #outermost(operand: LinkedOperand, axis: number, fields: Field[]): Field[] {
    if (fields.length < 2 || this.labelling.waits()) return fields;
    const { same } = this.labelling;
    const isOuter = ({ labels }: Field) => same(labels[0] as number, labels[1] as number);
    const outer = fields.find((field) => field.axes.length === 1 && isOuter(field));
    if (!outer) return fields;
    const others = fields.filter((field) => field !== outer);
    this.labelling.freezeFields(others, barrier("unaligned", this.node, operand.value, axis));
    return [outer];
  }

  /** A grid meets channels on its outer axis alone (heads): whole rows go. On an inner one: decided later. */
  meetGrid(wide: Field, narrow: Field): void {
    if (wide.axes[0] !== narrow.axes[0]) {
      this.labelling.now.weak.push({ node: this.node, wide, narrow });
      return;
    }
    for (const axis of wide.axes.slice(1)) this.labelling.tieAlong(wide, axis, this.node);
    this.labelling.atoms.unite(this.labelling.reduced(wide).labels, narrow.labels, this.node);
  }

  /** One side carries no channels (for now, as long as the labelling is patient): the other cannot lose any. */
  meetSolid(a: LinkedOperand, i: number, b: LinkedOperand, j: number): void {
    if (this.labelling.waits()) return;
    this.freezeOn(b, j, a.labels.solid[i]);
    this.freezeOn(a, i, b.labels.solid[j]);
  }

  /** Labels on a stored constant's axis: one field for each field that it meets. */
  openLike(operand: LinkedOperand, axis: number, fields: readonly Field[]): Field[] {
    if (fields.length > 1 && operand.holder) {
      if (this.labelling.waits()) return [];
      this.labelling.freezeFields(fields, barrier("unaligned", this.node, operand.value, axis));
      return [];
    }
    const opened = this.open(operand, axis);
    return opened ? [opened] : [];
  }

  /** The rows of a grid along `axis` lose one by one, equally many each; its other axes stay whole. */
  leaveRagged(field: Field, axis: number): void {
    this.labelling.now.ragged.push({ field, axis });
    this.#ragged ??= new Map();
    this.#ragged.set(field.labels, axis);
  }

  /** Whether this node left the rows of the grid to themselves. */
  isRagged(field: Field): boolean {
    return this.#ragged?.has(field.labels) ?? false;
  }

  /** Makes the labels of a stored constant's axis visible. */
  open(operand: LinkedOperand, axis: number): Field | undefined {
    const { holder } = operand;
    const known = operand.labels.fields.find((field) => field.axes.includes(axis));
    if (!holder || known) return known;
    const field = this.labelling.holders.fieldOf(this.labelling.holders.block(holder, axis));
    operand.labels.fields.push(field);
    this.labelling.now.opened(holder, axis);
    return field;
  }

  pour(to: LinkedOperand, fields: readonly Field[], solid: (axis: number) => Barrier | undefined): void {
    for (const field of fields) this.add(to, field);
    to.dims.forEach((_, axis) => {
      to.labels.solid[axis] = solid(axis);
    });
  }

  add(to: LinkedOperand, field: Field): void {
    const expected = field.axes.reduce((product, axis) => product * (to.dims[axis] ?? 0), 1);
    this.labelling.atoms.expect(field.labels.length === expected, this.node, () => {
      return `${to.value.name} axis ${field.axes}: ${field.labels.length} channels for ${expected} places`;
    });
    const sources = to.isConstant ? field.sources : [];
    const kept = sources === field.sources ? field : { ...field, sources };
    to.labels.fields.push(kept);
    if (kept.axes.length === 1) return;
    this.labelling.now.followsUnions = true;
    this.labelling.now.grids.push({ field: kept, node: this.node });
  }

  fillSolid(operand: LinkedOperand): void {
    operand.dims.forEach((_, axis) => {
      operand.labels.solid[axis] ??= barrier("no-channels", this.node, operand.value, axis);
    });
  }

  /** Nothing may leave this axis: a field on it alone freezes, a wider one can only lose along its other axes. */
  freezeOn(operand: LinkedOperand, axis: number, cause: Barrier | undefined): void {
    const reason = cause ?? barrier("no-channels", this.node, operand.value, axis);
    // Other readers of a shared constant must learn of it, also later ones.
    if (operand.holder && !operand.holder.reader) this.open(operand, axis);
    for (const field of this.fieldsOn(operand, axis)) this.keep(field, axis, reason);
    operand.labels.solid[axis] ??= reason;
  }

  /** Freezes all that an operand carries; a shared constant also for its other readers. */
  freezeWhole(operand: LinkedOperand, code: BarrierCode): void {
    if (operand.holder && !operand.holder.reader) {
      operand.dims.forEach((size, axis) => {
        if (!isTooLong(size)) this.open(operand, axis);
      });
    }
    for (const field of operand.labels.fields) {
      this.labelling.atoms.freeze(field.labels, barrier(code, this.node, operand.value, field.axes[0] ?? 0));
    }
  }

  /** Says what the constants behind an axis do; false where some of them are computed and have no place to say it. */
  mark(operand: LinkedOperand, axis: number, role: "producer" | "consumer"): boolean {
    let isStored = true;
    for (const { sources } of operand.fieldsOn(axis)) {
      if (sources.length === 0) isStored = false;
      for (const block of sources) {
        if (role === "producer") block.makesChannels = true;
        if (block.role !== "consumer") block.role = role;
      }
    }
    return isStored;
  }

  /** A weight that no single constant holds (ConstantOfShape, Concat of constants) makes channels all the same. */
  makeComputed(weight: LinkedOperand, axis: number): void {
    for (const field of weight.fieldsOn(axis)) {
      if (field.axes.length > 1) continue;
      const { axes, dims, labels } = field;
      const holder = weight.value.name;
      this.labelling.now.computed.push({
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

  /** A field on this axis alone freezes; a wider one can only lose along its other axes. */
  keep(field: Field, axis: number, cause: Barrier): void {
    if (field.axes.length === 1) this.labelling.atoms.freeze(field.labels, cause);
    else this.labelling.tieAlong(field, axis, this.node);
  }
}

/** Whether two label arrays have equal labels at the same pairs of places. */
function repeatsAlike(a: Int32Array, b: Int32Array): boolean {
  const [there, back] = [new Map<number, number>(), new Map<number, number>()];
  return (
    a.length === b.length &&
    a.every((label, i) => {
      const other = b[i] as number;
      if (!there.has(label) && !back.has(other)) {
        there.set(label, other);
        back.set(other, label);
      }
      return there.get(label) === other && back.get(other) === label;
    })
  );
}
