import { type Node, type Tensor, Value } from "../ir/index.js";
import { type BarrierCode, constantTensor, isAlias, type Operand } from "../ops/index.js";
import { barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { Labelling } from "./labelling.js";
import { isTooLong, LinkedOperand, linked, type ValueLabels } from "./operand.js";

/** What one node's rule may look at before it says anything: operands, each with the labels behind it, and sizes. */
export class NodeOperands {
  readonly #inputs: (LinkedOperand | undefined)[];
  readonly #outputs: (LinkedOperand | undefined)[];
  /** Why no rule can be asked: sizes that are not known, or more places than can be followed one by one. */
  readonly obstacle: BarrierCode | undefined;

  constructor(
    readonly labelling: Labelling,
    readonly node: Node,
  ) {
    this.#inputs = node.inputs.map((value, index) => (value ? this.inputOperand(value, index) : undefined));
    this.#outputs = node.outputs.map((value) => (value ? this.outputOperand(value) : undefined));
    this.obstacle = this.#findObstacle();
  }

  get opset(): number {
    return this.labelling.opset;
  }

  get grouped(): "auto" | "channels" | "groups" {
    return this.labelling.rules.grouped;
  }

  #findObstacle(): BarrierCode | undefined {
    const operands = [...this.inputs(), ...this.outputs()];
    if (operands.some(({ value }) => !this.labelling.dims(value))) return "unknown-shape";
    return operands.some(({ dims }) => dims.some(isTooLong)) ? "no-rule" : undefined;
  }

  protected inputOperand(value: Value, index: number): LinkedOperand {
    const { labelling } = this;
    const dims = labelling.dims(value) ?? [];
    const source = this.#storedConstant(value, index);
    if (source) {
      const holder = labelling.holders.of(source.value, source.reader, source.index);
      labelling.now.readConstant(holder);
      const fields: Field[] = [];
      for (const block of holder.blocks.values())
        if (block.axes.length === 1) fields.push(labelling.holders.fieldOf(block));
      const solid = dims.map((_, axis) => barrier("no-channels", undefined, value, axis));
      return new LinkedOperand(value, dims, true, holder, { fields, solid });
    }
    const labels = labelling.labelsOf(value);
    labelling.now.read(value, labels);
    return new LinkedOperand(value, dims, labelling.isConstant(value), undefined, labels);
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

  protected outputOperand(value: Value): LinkedOperand {
    const dims = this.labelling.dims(value) ?? [];
    const labels = this.labelling.write(value, dims.length);
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

  protected isInput(operand: Operand): boolean {
    return this.#inputs.includes(linked(operand));
  }

  protected isOutput(operand: Operand): boolean {
    return this.#outputs.includes(linked(operand));
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

  scratch(dims: readonly number[]): Operand {
    const labels: ValueLabels = { fields: [], solid: new Array(dims.length).fill(undefined) };
    return new LinkedOperand(new Value("", this.node.graph), dims, false, undefined, labels);
  }
}
