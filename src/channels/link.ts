import type { Node } from "../ir/index.js";
import {
  axisOf,
  type BarrierCode,
  type ChannelLink,
  type Operand,
  type Shuffle,
  type StatisticsKind,
} from "../ops/index.js";
import { barrier } from "./barriers.js";
import { LabelFlow } from "./flow.js";
import type { Labelling } from "./labelling.js";
import { Moves } from "./moves.js";
import { NodeOperands } from "./node-operands.js";
import { type LinkedOperand, linked } from "./operand.js";
import { Relations } from "./relations.js";

/** The relations that one node's rule states, carried out on the labelling. */
export class NodeLink extends NodeOperands implements ChannelLink {
  /**
   * What the rule stated, in the order in which it is carried out: relations that need the inputs only, then the
   * movements of labels to the outputs, then relations that need these.
   */
  readonly #stated: Record<"before" | "moves" | "after", (() => void)[]> = {
    before: [],
    moves: [],
    after: [],
  };
  /** Axes of operands about which the rule said something, one bit each. */
  readonly #told = new Map<Operand, number>();
  readonly #flow: LabelFlow;
  readonly #moves: Moves;
  readonly #relations: Relations;

  constructor(labelling: Labelling, node: Node) {
    super(labelling, node);
    this.#flow = new LabelFlow(labelling, node);
    this.#moves = new Moves(this.#flow);
    this.#relations = new Relations(this.#flow);
  }

  #tell(operand: Operand, axis: number): void {
    this.#told.set(operand, (this.#told.get(operand) ?? 0) | (1 << axisOf(axis, operand.dims.length)));
  }

  #tellWhole(operand: Operand): void {
    this.#told.set(operand, -1);
  }

  same(x: Operand, y: Operand): void {
    this.#tellWhole(x);
    this.#stated.moves.push(() => this.#moves.same(x, y));
  }

  pass(x: Operand, xAxis: number, y: Operand, yAxis: number): void {
    this.#tell(x, xAxis);
    this.#tell(y, yAxis);
    this.#stated.moves.push(() => this.#moves.pass(x, xAxis, y, yAxis));
  }

  permute(x: Operand, y: Operand, perm: readonly number[]): void {
    this.#tellWhole(x);
    this.#stated.moves.push(() => this.#moves.permute(x, y, perm));
  }

  reshape(x: Operand, y: Operand): void {
    this.#tellWhole(x);
    this.#stated.moves.push(() => this.#moves.reshape(x, y));
  }

  concat(xs: readonly Operand[], y: Operand, axis: number): void {
    for (const x of xs) this.#tellWhole(x);
    this.#stated.moves.push(() => this.#moves.concat(xs, y, axis));
  }

  take(x: Operand, y: Operand, axis: number, indices: ArrayLike<number>): void {
    this.#tellWhole(x);
    this.#stated.moves.push(() => this.#moves.take(x, y, axis, indices));
  }

  elementwise(xs: readonly Operand[], y: Operand): void {
    for (const x of xs) this.#tellWhole(x);
    this.#stated.moves.push(() => this.#moves.elementwise(xs, y));
  }

  spread(y: Operand, axis: number): void {
    this.#stated.moves.push(() => this.#moves.spread(y, axis));
  }

  produce(w: Operand, wAxis: number, y: Operand, yAxis: number): void {
    this.#tell(w, wAxis);
    this.#stated.moves.push(() => this.#moves.produce(w, wAxis, y, yAxis));
  }

  produceBlocks(w: Operand, wAxis: number, y: Operand, yAxis: number, blocks: number): void {
    this.#tell(w, wAxis);
    this.#stated.moves.push(() => this.#moves.produceBlocks(w, wAxis, y, yAxis, blocks));
  }

  rideBlocks(parameter: Operand, parameterAxis: number, x: Operand, axis: number, blocks: number): void {
    this.#tell(parameter, parameterAxis);
    this.#tell(x, axis);
    this.#stated.after.push(() => this.#relations.rideBlocks(parameter, parameterAxis, x, axis, blocks));
  }

  repeatEach(x: Operand, xAxis: number, y: Operand, yAxis: number, times: number): void {
    this.#tell(x, xAxis);
    this.#tell(y, yAxis);
    this.#stated.moves.push(() => this.#moves.repeatEach(x, xAxis, y, yAxis, times));
  }

  contract(a: Operand, aAxis: number, b: Operand, bAxis: number): void {
    this.#tell(a, aAxis);
    this.#tell(b, bAxis);
    const phase = this.isOutput(a) ? "after" : "before";
    this.#stated[phase].push(() => this.#relations.contract(a, aAxis, b, bAxis));
  }

  sum(x: Operand, axis: number): void {
    this.#tell(x, axis);
    this.#stated.before.push(() => this.#relations.silence(linked(x), axisOf(axis, x.dims.length)));
  }

  readAsZeros(x: Operand, axis?: number): void {
    this.#stated.before.push(() => this.#relations.readAsZeros(linked(x), axis));
  }

  contractEach(x: Operand, xAxis: number, w: Operand, wAxis: number, times: number): void {
    this.#tell(x, xAxis);
    this.#tell(w, wAxis);
    this.#stated.before.push(() => this.#relations.contractEach(x, xAxis, w, wAxis, times));
  }

  contractBlocks(
    x: Operand,
    xAxis: number,
    w: Operand,
    axis: number,
    blockAxis: number,
    groups: number,
  ): void {
    this.#tell(x, xAxis);
    for (const each of [axis, blockAxis]) this.#tell(w, each);
    this.#stated.before.push(() => this.#relations.contractBlocks(x, xAxis, w, axis, blockAxis, groups));
  }

  zeroIs(stored: Operand, value: number): void {
    this.#stated.after.push(() => this.#relations.zeroIs(stored, value));
  }

  hidesZeros(y: Operand): void {
    const { labels } = linked(y);
    this.#stated.moves.push(() => {
      labels.fields = labels.fields.map((field) => ({ ...field, sources: [] }));
    });
  }

  balance(x: Operand, axis: number, blocks: number): void {
    this.#stated.after.push(() => this.#relations.balance(x, axis, blocks));
  }

  ride(parameter: Operand, parameterAxis: number, x: Operand, axis: number): void {
    this.#tell(parameter, parameterAxis);
    this.#tell(x, axis);
    const [i, j] = [axisOf(parameterAxis, parameter.dims.length), axisOf(axis, x.dims.length)];
    this.#stated.after.push(() => this.#flow.tie(linked(parameter), i, linked(x), j));
  }

  mix(x: Operand, axes: readonly number[], code: BarrierCode = "mixes-channels"): void {
    for (const axis of axes) this.freeze(x, axis, code);
  }

  statistics(x: Operand, axes: readonly number[], kind: StatisticsKind): void {
    const { approximate } = this.labelling.rules;
    if (approximate !== "all" && approximate !== kind) return this.mix(x, axes);
    for (const axis of axes) this.#tell(x, axis);
    const phase = this.isInput(x) ? "before" : "after";
    this.#stated[phase].push(() => this.#relations.recompute(linked(x), axes));
  }

  freeze(x: Operand, axis: number, code: BarrierCode): void {
    this.#tell(x, axis);
    const operand = linked(x);
    const at = axisOf(axis, operand.dims.length);
    this.#stated[this.isInput(operand) ? "before" : "after"].push(() => {
      this.#flow.freezeOn(operand, at, barrier(code, this.node, operand.value, at));
    });
  }

  measure(x: Operand): void {
    this.#tellWhole(x);
  }

  barrier(code: BarrierCode): void {
    this.#stated.moves.push(() => {
      this.labelling.now.stopped.push(barrier(code, this.node, this.inputs()[0]?.value, 0));
      for (const operand of this.inputs()) this.freezeWhole(operand, code);
      for (const { labels, value } of this.outputs()) {
        labels.fields = [];
        labels.solid.forEach((_, axis) => {
          labels.solid[axis] = barrier(code, this.node, value, axis);
        });
      }
    });
  }

  freezeWhole(operand: LinkedOperand, code: BarrierCode): void {
    this.#flow.freezeWhole(operand, code);
  }

  /** A channel shuffle: nodes that together permute one axis. */
  shuffle({ input, output, axis, permutation }: Shuffle): void {
    const y = this.outputOperand(output);
    this.#moves.take(this.inputOperand(input, 0), y, axis, permutation);
    this.#flow.fillSolid(y);
  }

  /** Carries out what the rule stated; output axes about which it said nothing carry no channels. */
  finish(): void {
    for (const phase of ["before", "moves", "after"] as const) {
      for (const relation of this.#stated[phase]) relation();
    }
    this.#moves.finish();
    for (const operand of this.inputs()) this.#keepUntold(operand);
    for (const operand of this.outputs()) this.#flow.fillSolid(operand);
  }

  /** The rule says nothing about an axis: the operator would meet channels that are gone, and nobody knows how. */
  #keepUntold(operand: LinkedOperand): void {
    const told = this.#told.get(operand) ?? 0;
    if (told === -1) return;
    for (const axis of new Set(operand.labels.fields.flatMap((field) => field.axes))) {
      if ((operand.dims[axis] ?? 1) > 1 && (told & (1 << axis)) === 0)
        this.#flow.freezeOn(operand, axis, barrier("no-rule", this.node, operand.value, axis));
    }
  }
}
