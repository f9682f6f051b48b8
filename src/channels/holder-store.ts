import { invariant } from "../base/errors.js";
import type { Node, Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import { type AtomStore, freshLabels } from "./atoms.js";
import type { Field } from "./field.js";
import { type Holder, holderKey, isVectorLike, type LabelBlock } from "./holders.js";

/** Where the labels of constants come from: fresh ones in an analysis, remembered ones in a check. */
export interface ConstantLabels {
  /** The name under which the constant's holder is known. */
  originalName(name: string): string;
  /** The dimensions of a value before anything was cut; undefined where nothing is. */
  originalDims(value: Value): readonly number[] | undefined;
  /** The axis that alone carried the class of a label before anything was cut; undefined where nothing is. */
  originalAxis(value: Value, label: number): number | undefined;
  /** The single axes that have labels from the start: those that had some before anything was cut. */
  axes(key: string): readonly number[];
  labels(key: string, axes: readonly number[], dims: readonly number[], make: () => Int32Array): Int32Array;
}

/** The constants of a graph that rules have asked about, with the labels on their axes, made when first asked for. */
export class HolderStore {
  /** In the order in which they were met. */
  readonly #byKey = new Map<string, Holder>();
  readonly #ofReader = new Map<Node, (Holder | undefined)[]>();
  readonly #fields = new Map<LabelBlock, Field>();

  constructor(
    readonly atoms: AtomStore,
    readonly origin: ConstantLabels,
  ) {}

  get(key: string): Holder | undefined {
    return this.#byKey.get(key);
  }

  values(): Iterable<Holder> {
    return this.#byKey.values();
  }

  /** The holder for a constant that `reader` reads at `index`. */
  of(constant: Value, reader: Node, index: number): Holder {
    const own = this.#ofReader.get(reader);
    const known = own?.[index];
    if (known?.constant === constant) return known;
    const holder = this.#make(constant, reader, index);
    if (own) own[index] = holder;
    else this.#ofReader.set(reader, [...new Array<undefined>(index), holder]);
    return holder;
  }

  #make(constant: Value, reader: Node, index: number): Holder {
    const tensor = constantTensor(constant);
    invariant(tensor, () => `${constant.name} is not a constant`);
    const name = this.origin.originalName(constant.name);
    // A matrix of which a cut left one column is still a matrix.
    const dims = this.origin.originalDims(constant) ?? tensor.dims;
    const key = holderKey(name, dims, reader, index);
    let holder = this.#byKey.get(key);
    if (!holder) {
      const own = isVectorLike(dims) ? reader : undefined;
      holder = { key, constant, tensor, reader: own, blocks: new Map() };
      this.#byKey.set(key, holder);
      for (const axis of this.origin.axes(key)) this.block(holder, axis);
    }
    return holder;
  }

  /** The labels on one axis of a constant, made when first asked for. */
  block(holder: Holder, axis: number): LabelBlock {
    const size = holder.tensor.dims[axis] as number;
    return this.#block(holder, [axis], [size], 1, () => freshLabels(this.atoms, size));
  }

  /** A constant's axis as a field of what reads it. */
  fieldOf(block: LabelBlock): Field {
    let field = this.#fields.get(block);
    if (!field) {
      const { axes, dims, labels } = block;
      field = { axes, dims, labels, sources: [block] };
      this.#fields.set(block, field);
    }
    return field;
  }

  /** The labels of a grouped weight: the same for every row of one block of the first axis. */
  pairedBlock(holder: Holder, axes: readonly [number, number], groups: number): LabelBlock {
    const [rows, columns] = axes.map((axis) => holder.tensor.dims[axis] as number) as [number, number];
    return this.#block(holder, axes, [rows, columns], groups, () => {
      const labels = new Int32Array(rows * columns);
      for (let row = 0, at = 0; row < rows; row++) {
        if (row % (rows / groups) === 0) labels.set(freshLabels(this.atoms, columns), at);
        else labels.copyWithin(at, at - columns, at);
        at += columns;
      }
      return labels;
    });
  }

  #block(
    holder: Holder,
    axes: readonly number[],
    dims: number[],
    blockCount: number,
    make: () => Int32Array,
  ): LabelBlock {
    const name = axes.join();
    let block = holder.blocks.get(name);
    if (!block) {
      const labels = this.origin.labels(holder.key, axes, dims, make);
      block = {
        holder: holder.key,
        axes,
        dims,
        labels,
        role: "channelwise",
        makesChannels: false,
        blockCount,
      };
      holder.blocks.set(name, block);
    }
    return block;
  }
}
