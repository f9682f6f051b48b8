import type { Node } from "../ir/index.js";
import { lookupOp } from "../ops/index.js";
import type { Field } from "./field.js";
import { stridesOf } from "./field.js";
import type { Labelling } from "./labelling.js";
import type { SilencedRead } from "./node-run.js";
import type { LinkedOperand } from "./operand.js";

/**
 * A grid whose rows along one axis may lose different positions, as long as all lose equally many: dimensions inside
 * heads, channels inside the groups of a normalisation.
 */
export interface RaggedGrid {
  readonly field: Field;
  readonly axis: number;
}

/** The labels of a grid row by row along one of its axes. */
export function rowsAlong(field: Field, axis: number): Int32Array[] {
  const at = field.axes.indexOf(axis);
  const stride = stridesOf(field.dims)[at] as number;
  const size = field.dims[at] as number;
  const starts = [...field.labels.keys()].filter((i) => Math.floor(i / stride) % size === 0);
  return starts.map((start) =>
    Int32Array.from({ length: size }, (_, k) => field.labels[start + k * stride] as number),
  );
}

/** Which row of a ragged grid each class of atoms lies in. */
export class RaggedRows {
  readonly #rowOf = new Map<number, number>();

  constructor(readonly labelling: Labelling) {
    let row = 0;
    for (const { field, axis } of labelling.ragged) {
      for (const labels of rowsAlong(field, axis)) {
        row++;
        for (const label of labels) {
          const root = labelling.atoms.find(label);
          if (!this.#rowOf.has(root)) this.#rowOf.set(root, row);
        }
      }
    }
  }

  /** The rows of a grid along its last axis, if each is a row of a ragged grid, or a part of one. */
  rowsOf(field: Field): readonly Int32Array[] | undefined {
    const rows = rowsAlong(field, field.axes.at(-1) as number);
    return rows.every((labels) => this.#isOneRow(labels)) ? rows : undefined;
  }

  #isOneRow(labels: Int32Array): boolean {
    const rowOf = (label: number) => this.#rowOf.get(this.labelling.atoms.find(label));
    const first = rowOf(labels[0] as number);
    return first !== undefined && labels.every((label) => rowOf(label) === first);
  }
}

/**
 * Where the channels of a grid lie on one axis before a reshape cuts it, with nothing on the way that makes other
 * numbers of zeros: a mask there silences what a mask over one axis of the grid cannot.
 */
export function flatRead(
  labelling: Labelling,
  operand: LinkedOperand,
  field: Field,
): SilencedRead | undefined {
  const roots = new Set(Array.from(field.labels, (label) => labelling.atoms.find(label)));
  const covers = (labels: Int32Array) =>
    new Set(Array.from(labels, (label) => labelling.atoms.find(label)).filter((root) => roots.has(root)))
      .size === roots.size;
  for (let reader = operand.value.producer; reader; ) {
    const value = zeroFor(reader, labelling);
    if (!value) return undefined;
    const fields = labelling.values.get(value)?.fields.map((each) => labelling.reduced(each)) ?? [];
    const flat = fields.find(({ axes, labels }) => axes.length === 1 && covers(labels));
    if (flat) return { value, reader, axis: flat.axes[0] as number, labels: flat.labels };
    reader = value.producer;
  }
  return undefined;
}

/** The input whose zeros are zeros of the node's output. */
function zeroFor(node: Node, labelling: Labelling) {
  const op = lookupOp(node);
  if (op?.kind === "movement" || op?.role === "inert") return node.input(0);
  if (op?.role !== "product") return undefined;
  const data = node.inputs.filter((value) => value && !labelling.isConstant(value));
  return data.length === 1 ? (data[0] ?? undefined) : undefined;
}
