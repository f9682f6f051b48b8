import type { Sight } from "../env/sight.js";
import type { PolicyEntry } from "./index.js";

/** What is written behind a policy's name where it sees less. */
const sights: ReadonlyMap<string, Sight> = new Map<string, Sight>([
  ["flat", { flat: true }],
  ["constant", { features: "constant" }],
  ["random", { features: "random" }],
  ["flat+constant", { flat: true, features: "constant" }],
  ["flat+random", { flat: true, features: "random" }],
]);

/** For ablations: a policy that acts on a graph, with less of the graph in sight, as NAME+flat and so on. */
export function lessSighted(name: string, entry: PolicyEntry): [string, PolicyEntry][] {
  const { graph, about, open } = entry;
  if (!graph) return [];
  const fitting = [...sights].filter(([, { flat }]) => !flat || graph === "hierarchical");
  return fitting.map(([word, sight]) => [
    `${name}+${word}`,
    { about: `${about}; ${word}`, graph, open: (context) => open({ ...context, sight }) },
  ]);
}
