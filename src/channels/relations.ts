import { invariant } from "../base/errors.js";
import { axisOf, type Operand } from "../ops/index.js";
import { type Barrier, barrier } from "./barriers.js";
import { type Field, tiled } from "./field.js";
import type { LabelFlow } from "./flow.js";
import { type LinkedOperand, linked } from "./operand.js";
import { flatRead, rowsAlong } from "./ragged.js";

/** Relations between labels that move nothing: sums over channels, grouped weights, equal counts. */
export class Relations {
  constructor(readonly flow: LabelFlow) {}

  contract(a: Operand, aAxis: number, b: Operand, bAxis: number): void {
    const [left, right] = [linked(a), linked(b)];
    const [i, j] = [axisOf(aAxis, left.dims.length), axisOf(bAxis, right.dims.length)];
    if (this.#isProductOfGrids(left, i, right, j)) return;
    this.flow.tie(left, i, right, j);
    const isRead = [left, right].map(
      (operand, k) => operand.isConstant && this.flow.mark(operand, [i, j][k] as number, "consumer"),
    );
    // No stored weight to set to zero: one of the two operands must be seen as zeros.
    if (isRead.includes(true)) return;
    if (left.isConstant) this.silence(right, j);
    else this.silence(left, i);
  }

  /**
   * Queries times keys. With dimensions to go, both lose the same ones of a head, and other heads others; nothing goes
   * from the product's axis of heads. With heads to go, keys that all heads share lose nothing.
   */
  #isProductOfGrids(a: LinkedOperand, i: number, b: LinkedOperand, j: number): boolean {
    const { labelling } = this.flow;
    if (a.isConstant || b.isConstant) return false;
    const [left, right] = [this.flow.fieldsOn(a, i), this.flow.fieldsOn(b, j)];
    const [x, y] = [left[0], right[0]];
    if (left.length !== 1 || right.length !== 1 || !x || !y) return false;
    const [isWide, isOtherWide] = [x.axes.length > 1, y.axes.length > 1];
    if (labelling.rules.attention === "heads") {
      if (isWide === isOtherWide) return false;
      const [wide, axis, narrow, other] = isWide ? [x, i, y, j] : [y, j, x, i];
      if (!(isWide ? isSharedAlong(b, x, i, a) : isSharedAlong(a, y, j, b))) return false;
      labelling.tieAlong(wide, axis, this.flow.node);
      labelling.atoms.freeze(narrow.labels, barrier("collapsed", this.flow.node, undefined, other));
      return true;
    }
    if (!isWide || !isOtherWide) return false;
    const [rows, others] = [rowsAlong(x, i), rowsAlong(y, j)];
    const read = flatRead(labelling, a, x) ?? flatRead(labelling, b, y);
    if (rows.length !== others.length) return false;
    if (!read) {
      // No mask can silence other dimensions in every head: the same ones go from all.
      for (const [field, axis] of [[x, i] as const, [y, j] as const])
        for (const each of field.axes) if (each !== axis) labelling.tieAlong(field, each, this.flow.node);
      return false;
    }
    rows.forEach((labels, row) => {
      labelling.atoms.unite(labels, others[row] as Int32Array, this.flow.node);
    });
    this.flow.leaveRagged(x, i);
    this.flow.leaveRagged(y, j);
    labelling.now.silenced.push(read);
    return true;
  }

  rideBlocks(parameter: Operand, parameterAxis: number, x: Operand, axis: number, blocks: number): void {
    const [along, data] = [linked(parameter), linked(x)];
    const [i, j] = [axisOf(parameterAxis, along.dims.length), axisOf(axis, data.dims.length)];
    const field = this.flow.singleFieldOn(data, j);
    if (!field) return this.flow.freezeOn(along, i, data.labels.solid[j]);
    const own = this.flow.open(along, i) && this.flow.singleFieldOn(along, i);
    if (!own || own.axes.length > 1 || field.axes.length > 1) {
      const cause = barrier("not-rewritable", this.flow.node, parameter.value, i);
      this.flow.freezeOn(along, i, cause);
      return this.flow.freezeOn(data, j, cause);
    }
    this.flow.labelling.atoms.unite(own.labels, tiled(field.labels, blocks), this.flow.node);
  }

  zeroIs(stored: Operand, value: number): void {
    const operand = linked(stored);
    const { holder } = operand;
    if (!holder) return;
    // Two readers that take different values for zero.
    if (holder.zero !== undefined && holder.zero !== value) this.flow.freezeWhole(operand, "shared-constant");
    else holder.zero = value;
  }

  /** Statistics are taken anew over what is left; rows of a grid that have their own lose equally many channels each. */
  recompute(x: LinkedOperand, axes: readonly number[]): void {
    for (const axis of axes.map((each) => axisOf(each, x.dims.length))) {
      for (const field of this.flow.fieldsOn(x, axis)) {
        this.flow.labelling.now.recomputed.push({ node: this.flow.node, labels: field.labels });
        if (field.axes.length > 1) this.flow.leaveRagged(field, axis);
      }
    }
  }

  silence(x: LinkedOperand, axis: number): void {
    for (const field of this.flow.fieldsOn(x, axis)) {
      if (field.axes.length > 1) this.flow.labelling.tieAlong(field, axis, this.flow.node);
      else
        this.flow.labelling.now.silenced.push({
          value: x.value,
          reader: this.flow.node,
          axis,
          labels: field.labels,
        });
    }
  }

  /** A check can mask one axis of a read: where channels lie on others too, those stay. */
  readAsZeros(x: LinkedOperand, only: number | undefined): void {
    const { labelling, node } = this.flow;
    let masked = only === undefined ? undefined : axisOf(only, x.dims.length);
    for (const field of x.labels.fields.map((each) => labelling.reduced(each))) {
      const [axis = 0, ...others] = field.axes;
      if (only !== undefined && !field.axes.includes(masked ?? -1)) continue;
      if (others.length > 0) {
        // The default direction of a grid that nothing else decides.
        if (!labelling.waits()) for (const other of others) labelling.tieAlong(field, other, node);
        continue;
      }
      masked ??= axis;
      if (axis === masked)
        labelling.now.silenced.push({ value: x.value, reader: node, axis, labels: field.labels });
      else labelling.freezeFields([field], barrier("mixes-channels", node, x.value, axis));
    }
  }

  contractEach(x: Operand, xAxis: number, w: Operand, wAxis: number, times: number): void {
    const [data, weight] = [linked(x), linked(w)];
    const [i, j] = [axisOf(xAxis, data.dims.length), axisOf(wAxis, weight.dims.length)];
    const field = this.flow.singleFieldOn(data, i);
    if (!field) {
      if (!this.flow.labelling.waits()) this.flow.freezeOn(weight, j, data.labels.solid[i]);
      return;
    }
    const own = this.flow.open(weight, j);
    if (!own || own.axes.length > 1 || field.axes.length > 1)
      return this.flow.freezeOn(data, i, barrier("not-rewritable", this.flow.node, x.value, i));
    const repeated = field.labels.map((_, k) => own.labels[Math.floor(k / times)] as number);
    this.flow.labelling.atoms.unite(repeated, field.labels, this.flow.node);
  }

  contractBlocks(
    x: Operand,
    xAxis: number,
    w: Operand,
    axis: number,
    blockAxis: number,
    groups: number,
  ): void {
    const [from, weight] = [linked(x), linked(w)];
    const [at, column] = [axisOf(xAxis, from.dims.length), axisOf(axis, weight.dims.length)];
    const field = this.flow.singleFieldOn(from, at);
    const keep = (cause: Barrier | undefined) => {
      this.flow.freezeOn(from, at, cause);
      // Its columns may be the channels of another reader.
      this.flow.freezeOn(weight, column, cause);
    };
    if (!field) {
      if (!this.flow.labelling.waits()) keep(from.labels.solid[at]);
      return;
    }
    if (!weight.holder || field.axes.length > 1) {
      return keep(barrier("not-rewritable", this.flow.node, from.value, at));
    }
    const block = this.flow.labelling.holders.pairedBlock(weight.holder, [blockAxis, axis], groups);
    if (weight.holder.blocks.has(String(column)) || block.blockCount !== groups) {
      // Another reader cuts the same axis in another way.
      const cause = barrier("shared-constant", this.flow.node, weight.value, axis);
      this.flow.labelling.atoms.freeze(block.labels, cause);
      return keep(cause);
    }
    block.role = "consumer";
    const rows = (weight.dims[blockAxis] as number) / groups;
    const columns = weight.dims[axis] as number;
    const first = Int32Array.from({ length: groups * columns }, (_, i) => {
      return block.labels[Math.floor(i / columns) * rows * columns + (i % columns)] as number;
    });
    this.flow.labelling.atoms.unite(field.labels, first, this.flow.node);
  }

  balance(x: Operand, axis: number, blocks: number): void {
    const operand = linked(x);
    const at = axisOf(axis, operand.dims.length);
    const field = this.flow.singleFieldOn(operand, at);
    if (!field || blocks === 1) return;
    if (field.axes.length > 1)
      return this.flow.freezeOn(operand, at, barrier("not-rewritable", this.flow.node, x.value, at));
    const size = field.labels.length / blocks;
    invariant(
      Number.isInteger(size),
      () => `${this.flow.node}: ${field.labels.length} channels in ${blocks} blocks`,
    );
    const cut = Array.from({ length: blocks }, (_, g) => field.labels.subarray(g * size, (g + 1) * size));
    this.flow.labelling.now.balances.push({ node: this.flow.node, blocks: cut });
  }
}

/** Whether an operand repeats one element, or broadcasts, along the other axes of a grid that meets it on `axis`. */
function isSharedAlong(shared: LinkedOperand, grid: Field, axis: number, from: LinkedOperand): boolean {
  const shift = shared.dims.length - from.dims.length;
  return grid.axes.every((each) => {
    const at = each + shift;
    const repeats = () => shared.fieldsOn(at).some((field) => field.isRepeat);
    return each === axis || (shared.dims[at] ?? 1) === 1 || repeats();
  });
}
