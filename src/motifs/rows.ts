import type { Families } from "./family.js";
import type { Section } from "./section.js";

/**
 * What a section counts as in a row of others: equal for members of a family, and for layers of one type. Pools are told
 * apart, so that the one behind a stem does not start what the others end.
 */
export function symbolOf(section: Section): string {
  if (section.type !== "leaf") return section.family;
  const { token, kind, operator } = section.primitive;
  return `layer ${kind === "pooling" ? operator : token || kind}`;
}

/** How much a section counts when a row must hold more than one layer to be a block. */
export function weightOf(section: Section): number {
  return section.type === "leaf" ? Number(section.primitive.token !== "") : 2;
}

/** More than one layer, with what belongs to them. */
export function isBlock(items: readonly Section[]): boolean {
  return items.reduce((weight, item) => weight + weightOf(item), 0) > 1;
}

/**
 * The family of sections that stand in a row, by their layers. How often a layer follows itself does not count beside
 * others: two convolutions and a pool, or three.
 */
export function rowFamily(tokens: readonly string[], families: Families): string {
  const once = tokens.filter((token, i) => token !== tokens[i - 1]);
  return families.nameOf(`row: ${(once.length > 1 ? once : tokens).join(" ")}`);
}

/** Appends the sections from `start` to `end`; there may be more than a call takes as arguments. */
export function append(to: Section[], from: readonly Section[], start = 0, end = from.length): void {
  for (let i = start; i < end; i++) to.push(from[i] as Section);
}
