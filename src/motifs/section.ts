import type { Value } from "../ir/index.js";
import type { Leaf } from "./leaf.js";

/** What stands between two places of the data flow. */
export type Section = Leaf | Region | Sequence;

/** Operations between a value and where all that is computed from it comes together again. */
export interface Region {
  readonly type: "region";
  /** Values at the ends; undefined for the whole graph. */
  readonly entry: Value | undefined;
  exit: Value | undefined;
  /** The operations that branch or join. */
  readonly ops: readonly Leaf[];
  /** What stands on the ways between them. */
  readonly branches: Sequence[];
  /** A way around what the region computes, or undefined where the region is no such thing. */
  readonly bypass: Bypass | undefined;
  /** What comes out has another size than what goes in, as far as strides and shortcuts say it. */
  readonly changesSize: boolean;
  /** Equal for regions that do the same up to stride, kernel size, shortcut and expansion; see `family.ts`. */
  readonly family: string;
}

/** Sections one after another. */
export interface Sequence {
  readonly type: "sequence";
  readonly role: SequenceRole;
  items: Section[];
  readonly family: string;
}

/**
 * A whole way between two operations, or one of those between concatenations that only grow; a block that lacks the
 * shortcut of its family; something that repeats in a row; blocks of one family in a row.
 */
export type SequenceRole = "branch" | "growth" | "block" | "unit" | "stage";

/** A region of two branches of which one does the work. */
export interface Bypass {
  readonly join: "sum" | "product" | "concat";
  readonly main: Sequence;
  /** The other branch is the value itself, or the value with its data moved (sliced, padded), or has layers. */
  readonly shortcut: "identity" | "moved" | "projected";
}

export function entryOf(section: Section): Value | undefined {
  if (section.type === "leaf") return section.inputs[0];
  if (section.type === "region") return section.entry;
  return section.items[0] && entryOf(section.items[0]);
}

export function exitOf(section: Section): Value | undefined {
  if (section.type === "leaf") return section.outputs[0];
  if (section.type === "region") return section.exit;
  const last = section.items.at(-1);
  return last && exitOf(last);
}

/** The sections right inside a section. */
export function* innerOf(section: Region | Sequence): Generator<Section> {
  if (section.type === "sequence") yield* section.items;
  else {
    yield* section.ops;
    yield* section.branches;
  }
}

/** All regions and sequences of a tree, outer ones first; nothing inside a section that `enters` refuses. */
export function* sectionsOf(
  root: Region,
  enters: (section: Section) => boolean = () => true,
): Generator<Region | Sequence> {
  const open: (Region | Sequence)[] = [root];
  for (let section = open.pop(); section; section = open.pop()) {
    yield section;
    const inner = section.type === "region" ? section.branches : section.items;
    for (let i = inner.length - 1; i >= 0; i--) {
      const next = inner[i];
      if (next && next.type !== "leaf" && enters(next)) open.push(next);
    }
  }
}
