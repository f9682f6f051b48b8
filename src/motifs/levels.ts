import type { GraphDraft } from "./instances.js";

/**
 * The level of each family: above those of all graphs that stand on its members' edges, which are at least 1. Where
 * families hold each other in turn (gates around blocks around gates), the level of each is that of its highest member.
 * `drafts` come with inner ones first.
 */
export function levelsOf(drafts: readonly GraphDraft[]): ReadonlyMap<string, number> {
  const levels = new Map(drafts.map(({ section }) => [section.family, 1]));
  for (let round = 0; round <= levels.size; round++) {
    if (!raise(drafts, levels)) return levels;
  }
  return memberLevels(drafts);
}

/** Lifts families above what they hold; false where nothing had to be lifted. */
function raise(drafts: readonly GraphDraft[], levels: Map<string, number>): boolean {
  let changed = false;
  for (const draft of drafts) {
    const { family } = draft.section;
    const least = 1 + highest(draft, ({ section }) => levels.get(section.family));
    if ((levels.get(family) ?? 0) >= least) continue;
    levels.set(family, least);
    changed = true;
  }
  return changed;
}

function memberLevels(drafts: readonly GraphDraft[]): ReadonlyMap<string, number> {
  const own = new Map<GraphDraft, number>();
  const ofFamily = new Map<string, number>();
  for (const draft of drafts) {
    const level = 1 + highest(draft, (inner) => own.get(inner));
    own.set(draft, level);
    ofFamily.set(draft.section.family, Math.max(level, ofFamily.get(draft.section.family) ?? 0));
  }
  return ofFamily;
}

/** The highest level among the graphs on a draft's edges; 0 where there are none. */
function highest(draft: GraphDraft, levelOf: (inner: GraphDraft) => number | undefined): number {
  let most = 0;
  for (const { part } of draft.edges) if ("section" in part) most = Math.max(most, levelOf(part) ?? 0);
  return most;
}
