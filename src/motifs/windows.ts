import { coreOf, isExpansion, tokenOf } from "./family.js";
import { POINTWISE } from "./primitive.js";
import { append } from "./rows.js";
import type { Section, Sequence, SequenceRole } from "./section.js";

/** The layers by which the members of a family are recognised in a row of others. */
export interface Template {
  readonly core: readonly string[];
  readonly family: string;
}

interface TrieNode {
  readonly next: Map<string, TrieNode>;
  family?: string;
}

/** Templates by their tokens; of equal ones the first counts. */
export class TemplateIndex {
  readonly #root: TrieNode = { next: new Map() };

  constructor(templates: readonly Template[]) {
    for (const { core, family } of templates) {
      let at = this.#root;
      for (const token of core) {
        const next = at.next.get(token) ?? { next: new Map() };
        at.next.set(token, next);
        at = next;
      }
      at.family ??= family;
    }
  }

  /** The longest template that the tokens from `start` on begin with. */
  match(tokens: readonly string[], start: number): { family: string; length: number } | undefined {
    let found: { family: string; length: number } | undefined;
    let at: TrieNode | undefined = this.#root;
    for (let i = start; at; i++) {
      if (at.family !== undefined) found = { family: at.family, length: i - start };
      at = at.next.get(tokens[i] ?? "");
    }
    return found;
  }
}

/** Consecutive layers of a row that have the tokens of a family. */
interface Window {
  readonly family: string;
  /** Places among the layers of the row; `end` is behind the last. */
  readonly start: number;
  readonly end: number;
}

/** The sections of a row that count as layers: their places in it and their tokens. */
interface Layers {
  readonly places: readonly number[];
  readonly tokens: readonly string[];
}

/**
 * Groups blocks without the shortcut that others of their family have, with or without the expansion. They stand next to
 * other blocks of the family; elsewhere the same layers are something else (the head of a classifier).
 */
export function groupBlocks(row: Sequence, templates: TemplateIndex): void {
  const layers = layersOf(row);
  const windows = windowsOf(layers, templates).map((window) => withExpansion(window, layers));
  group(row, "block", layers, besideMembers(windows, layers));
}

/** Groups further copies of what repeats elsewhere. */
export function groupUnits(row: Sequence, templates: TemplateIndex): void {
  const layers = layersOf(row);
  const windows = windowsOf(layers, templates);
  // A row that is nothing but the unit needs no group inside.
  group(
    row,
    "unit",
    layers,
    windows.filter(({ start, end }) => end - start < layers.tokens.length),
  );
}

function layersOf({ items }: Sequence): Layers {
  const layers = items
    .map((item, place) => ({ place, token: tokenOf(item) }))
    .filter(({ token }) => token !== "");
  return { places: layers.map(({ place }) => place), tokens: layers.map(({ token }) => token) };
}

function windowsOf({ tokens }: Layers, templates: TemplateIndex): Window[] {
  const windows: Window[] = [];
  for (let start = 0; start < tokens.length; start++) {
    const match = templates.match(tokens, start);
    if (!match) continue;
    windows.push({ family: match.family, start, end: start + match.length });
    start += match.length - 1;
  }
  return windows;
}

function withExpansion(window: Window, { tokens }: Layers): Window {
  const isCore = coreOf([POINTWISE, tokens[window.start] ?? ""]).length === 1;
  return isCore && isExpansion(tokens[window.start - 1]) ? { ...window, start: window.start - 1 } : window;
}

/** Windows that touch a region of their family, or another such window. */
function besideMembers(windows: readonly Window[], { tokens }: Layers): Window[] {
  const accepted = new Set<Window>();
  const pass = (
    ordered: readonly Window[],
    neighbour: (window: Window) => number,
    edge: (w: Window) => number,
  ) => {
    let last: Window | undefined;
    for (const window of ordered) {
      const touches = last && edge(last) === neighbour(window) && last.family === window.family;
      if (tokens[neighbour(window)] === `[${window.family}]` || (touches && last && accepted.has(last)))
        accepted.add(window);
      last = window;
    }
  };
  pass(
    windows,
    ({ start }) => start - 1,
    ({ end }) => end - 1,
  );
  pass(
    [...windows].reverse(),
    ({ end }) => end,
    ({ start }) => start,
  );
  return windows.filter((window) => accepted.has(window));
}

/** Light operations and gates between the layers of a window belong to it, and a gate right behind. */
function group(row: Sequence, role: SequenceRole, { places }: Layers, windows: readonly Window[]): void {
  const { items } = row;
  const grouped: Section[] = [];
  let done = 0;
  for (const { family, start, end } of windows) {
    const first = places[start] as number;
    append(grouped, items, done, first);
    done = (places[end - 1] as number) + 1;
    if (isGate(items[done])) done++;
    grouped.push({ type: "sequence", role, items: items.slice(first, done), family });
  }
  row.items = [...grouped, ...items.slice(done)];
}

function isGate(section: Section | undefined): boolean {
  return section?.type === "region" && tokenOf(section) === "";
}
