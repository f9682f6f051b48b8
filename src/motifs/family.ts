import type { Leaf } from "./leaf.js";
import { DEPTHWISE, POINTWISE } from "./primitive.js";
import type { Bypass, Region, Section, Sequence } from "./section.js";

/** Short names for families: whatever is made of a family names it in a few letters, so that nesting costs nothing. */
export class Families {
  readonly #names = new Map<string, string>();

  /** The same name for the same description. */
  nameOf(description: string): string {
    let name = this.#names.get(description);
    if (name === undefined) {
      name = `f${this.#names.size}`;
      this.#names.set(description, name);
    }
    return name;
  }
}

/** A gate scales features by what it computes from them (squeeze and excite): a family has members with and without. */
const GATE = "gate";

/**
 * The layers of a row of sections as tokens: light operations and gates do not count, anything larger counts as one
 * layer, its family.
 */
export function tokensOf(items: readonly Section[]): string[] {
  return items.flatMap((item) => tokenOf(item) || []);
}

/** The token of one section; empty for what does not count. */
export function tokenOf(item: Section): string {
  if (item.type === "leaf") return item.primitive.token;
  return item.family === GATE ? "" : `[${item.family}]`;
}

/** The layers without an expansion: a 1×1 convolution right before a depthwise one. */
export function coreOf(tokens: readonly string[]): readonly string[] {
  return isExpansion(tokens[0]) && tokens[1]?.startsWith(DEPTHWISE) ? tokens.slice(1) : tokens;
}

/** Whether a token may be the expansion before a core that starts with a depthwise convolution. */
export function isExpansion(token: string | undefined): boolean {
  return token === POINTWISE || token === `${POINTWISE}+`;
}

/** The way around a region, if it has just two branches and one of them has more layers. */
export function bypassOf(
  ops: readonly Leaf[],
  branches: readonly Sequence[],
  directWays: number,
): Bypass | undefined {
  const joins = ops.filter((op) => op.isJoin);
  const [join] = joins;
  if (!join || joins.length > 1 || ops.length > 2 || branches.length + directWays !== 2) return undefined;
  const kind = join.role === "sum" || join.role === "product" ? join.role : join.kind;
  if (kind !== "sum" && kind !== "product" && kind !== "concat") return undefined;
  const [main, other] = branches
    .map((branch) => ({ branch, layers: tokensOf(branch.items).length }))
    .sort((a, b) => b.layers - a.layers);
  if (!main || main.layers <= (other?.layers ?? 0)) return undefined;
  const shortcut = other ? (other.layers > 0 ? "projected" : shortcutOf(other.branch)) : "identity";
  return { join: kind, main: main.branch, shortcut };
}

function shortcutOf(branch: Sequence): Bypass["shortcut"] {
  return branch.items.every((item) => item.type === "leaf" && item.isInert) ? "identity" : "moved";
}

/** The family of a region; see `Region`. */
export function regionFamily(
  region: Pick<Region, "ops" | "branches" | "bypass">,
  families: Families,
): string {
  const { bypass } = region;
  if (bypass) {
    if (bypass.join === "product" && bypass.shortcut === "identity") return GATE;
    return families.nameOf(`${bypass.join}: ${coreOf(tokensOf(bypass.main.items)).join(" ")}`);
  }
  const joins = region.ops.map((op) => op.primitive.token || op.role || op.kind);
  const branches = region.branches.map((branch) => tokensOf(branch.items).join(" "));
  return families.nameOf(`parallel: ${[...new Set([...joins, ...branches])].sort().join(", ")}`);
}
