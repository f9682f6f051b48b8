import type { Leaf } from "./leaf.js";
import type { Section } from "./section.js";

/** What leads from one vertex of a region to another, with what stands on it. */
export interface Way {
  readonly tail: number;
  readonly head: number;
  readonly items: readonly Section[];
}

/**
 * Closes what comes together again although its start leads elsewhere too (a block whose input a detector's neck also
 * reads): where all ways into a join start at one vertex, they and the join are one section on a single way. Takes the
 * joins out of `ops` and returns the ways that are left. Linear in the number of ways, each join being closed once.
 */
export function closeJoins(
  ways: readonly Way[],
  ops: Map<number, Leaf>,
  close: (join: Leaf, branches: readonly Way[], start: number) => Section,
): readonly Way[] {
  const into = grouped(ways, (way) => way.head);
  const outOf = grouped(ways, (way) => way.tail);
  const queue = [...ops.keys()];
  for (let vertex = queue.pop(); vertex !== undefined; vertex = queue.pop()) {
    const [join, branches] = [ops.get(vertex), into.get(vertex)];
    const [first] = branches ?? [];
    const [next] = outOf.get(vertex) ?? [];
    if (!join || !branches || !first || !next || branches.size < 2 || outOf.get(vertex)?.size !== 1) continue;
    const start = outOf.get(first.tail) as Set<Way>;
    // A start that leads nowhere else is that of the region around.
    if (ops.has(first.tail) || start.size === branches.size) continue;
    if ([...branches].some((way) => way.tail !== first.tail)) continue;
    const section = close(join, [...branches], first.tail);
    const way = { tail: first.tail, head: next.head, items: [section, ...next.items] };
    for (const branch of branches) start.delete(branch);
    start.add(way);
    ops.delete(vertex);
    outOf.delete(vertex);
    into.delete(vertex);
    into.get(next.head)?.delete(next);
    into.get(next.head)?.add(way);
    queue.push(next.head);
  }
  return [...outOf.values()].flatMap((set) => [...set]);
}

function grouped(ways: readonly Way[], key: (way: Way) => number): Map<number, Set<Way>> {
  const groups = new Map<number, Set<Way>>();
  for (const way of ways) {
    const group = groups.get(key(way));
    if (group) group.add(way);
    else groups.set(key(way), new Set([way]));
  }
  return groups;
}
