import type { Barrier } from "./atoms.js";

/** How often each code occurs among barriers, the most frequent first. */
export function countBarriers(
  barriers: readonly Barrier[],
): { readonly code: Barrier["code"]; readonly count: number }[] {
  const counts = new Map<Barrier["code"], number>();
  for (const { code } of barriers) counts.set(code, (counts.get(code) ?? 0) + 1);
  return Array.from(counts, ([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}
