/**
 * What a page shows, as plain data: made by the command, read by the page's script. Boxes are named by their position in
 * `boxes`; nothing is keyed by a name from a model, so that no name means anything but its own text.
 */
export interface Scene {
  readonly views: readonly SceneView[];
  /** Boxes of the first view and of the second that are the same; empty for one model. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** What became of something between two models; "same" for one model. */
export type Status = "same" | "added" | "removed" | "changed";

/** One model. */
export interface SceneView {
  readonly label: string;
  readonly summary: readonly Field[];
  /** The first is the network; a box comes before what is inside it. */
  readonly boxes: readonly Box[];
  readonly groups: readonly GroupCard[];
}

/** A name and its text. */
export type Field = readonly [name: string, text: string];

/** An operator, an input or output, or what folds: a motif, a compound operation. */
export interface Box {
  /** The box around it; -1 for the network. */
  readonly parent: number;
  readonly title: string;
  readonly subtitle: string;
  /** What kind of operation it is, which gives its colour; "motif" for a box of boxes. */
  readonly kind: string;
  readonly status: Status;
  /** Size while folded, and the centre of that among its siblings. */
  readonly width: number;
  readonly height: number;
  readonly row: number;
  readonly x: number;
  /** What is inside, where something is. */
  readonly inside?: Inside;
  readonly card?: Card;
}

/** How the boxes inside a box are arranged: rows from top to bottom. */
export interface Inside {
  readonly rows: number;
  readonly edges: readonly Edge[];
  /** How many operators are inside, at any depth. */
  readonly operators: number;
}

/** A line between two boxes of the same box; -1 stands for that box's own entry or exit. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  /** Where it crosses each row between the two. */
  readonly bends: readonly number[];
}

/** All that is shown of an operator, input or output. */
export interface Card {
  readonly name: string;
  readonly op: string;
  readonly attributes: readonly Field[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** What it costs, and its share. */
  readonly costs: readonly Field[];
  readonly tensors: readonly TensorCard[];
  /** Positions in the view's groups. */
  readonly groups: readonly number[];
  /** Why channels stay here. */
  readonly barriers: readonly string[];
  /** What differs from the other model. */
  readonly changes: readonly Field[];
  readonly strips: readonly Strip[];
}

/** A value that is read or made. */
export interface Port {
  readonly name: string;
  /** Type and dimensions. */
  readonly type: string;
  /** The boxes at the other end. */
  readonly boxes: readonly number[];
}

/** A constant with what its elements are like. */
export interface TensorCard {
  readonly name: string;
  readonly type: string;
  readonly statistics: readonly Field[];
}

/** The channels of one axis of a constant. */
export interface Strip {
  readonly tensor: string;
  readonly axis: number;
  readonly size: number;
  /** The norm of each channel relative to the largest, a digit of `NORM_DIGITS` each; empty where it is not known. */
  readonly norms: string;
  /** First and last position of each removed range; null where it is not known which went. */
  readonly removed: readonly (readonly [number, number])[] | null;
  readonly note: string;
}

/** Channels that stand and fall together. */
export interface GroupCard {
  readonly id: string;
  readonly title: string;
  readonly boxes: readonly number[];
}

/** Digits of the base-64 numbers in which norms are written. */
export const NORM_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
