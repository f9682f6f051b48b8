import { UserError } from "../../base/errors.js";
import type { Spaces, Transition } from "../agent.js";
import type { GraphObservation, ObservedGraph, Topology } from "../graph.js";
import { type Json, refuse, sha256 } from "./document.js";

/** What must be equal for an agent to go on where another stopped: spaces and networks. */
export function fingerprint({ observation, action }: Spaces, encoder: string): string {
  const plain = (_: string, value: unknown) => (value instanceof Int32Array ? [...value] : value);
  return sha256(JSON.stringify({ observation, action, encoder }, plain));
}

/** Throws the UserError "agent-spaces" where a saved agent is not one for these spaces and this encoder. */
export function checkFingerprint(saved: Fields, spaces: Spaces, encoder: string): void {
  if (saved.fingerprint === fingerprint(spaces, encoder)) return;
  throw new UserError(
    "agent-spaces",
    "the saved agent was made for another environment or with another encoder; transfer it instead of going on with it",
  );
}

/** Transitions with each observation once, as most are the end of one step and the start of another. */
export function saveTransitions(transitions: readonly Transition[]): Json {
  const numbers = new Map<GraphObservation, number>();
  const numberOf = (observation: GraphObservation) => {
    const number = numbers.get(observation) ?? numbers.size;
    numbers.set(observation, number);
    return number;
  };
  const steps = transitions.map(
    ({ observation, action, next: { observation: then, reward, terminated, truncated } }) => ({
      from: numberOf(observation),
      to: numberOf(then),
      action,
      reward,
      terminated,
      truncated,
    }),
  );
  return { observations: [...numbers.keys()].map(observationJson), steps };
}

function observationJson({ graphs, globals, sites, mask }: GraphObservation): Json {
  return {
    graphs: graphs.map(({ structure, nodes, edges, inner, topology }) => ({
      structure,
      nodes,
      edges,
      inner,
      topology: topology ? { sources: topology.sources, targets: topology.targets } : null,
    })),
    globals: globals ?? null,
    sites: sites ? { graphs: sites.graphs, nodes: sites.nodes, features: sites.features } : null,
    mask: mask ?? null,
  };
}

/** The inverse of `saveTransitions`. */
export function restoreTransitions(saved: Json, add: (transition: Transition) => void): void {
  const { observations, steps } = record(saved);
  const restored = list(observations).map(observationOf);
  for (const each of list(steps)) {
    const { from, to, action, reward, terminated, truncated } = record(each);
    const observation = restored[number(from)];
    const then = restored[number(to)];
    if (!observation || !then) throw refuse("a step leads nowhere");
    add({
      observation,
      action: floats(action),
      next: {
        observation: then,
        reward: number(reward),
        terminated: terminated === true,
        truncated: truncated === true,
      },
    });
  }
}

function observationOf(json: Json): GraphObservation {
  const { graphs, globals, sites, mask } = record(json);
  return {
    graphs: list(graphs).map(graphOf),
    globals: globals ? floats(globals) : undefined,
    sites: sites ? sitesOf(record(sites)) : undefined,
    mask: mask instanceof Uint8Array ? mask : undefined,
  };
}

function graphOf(json: Json): ObservedGraph {
  const { structure, nodes, edges, inner, topology } = record(json);
  return {
    structure: number(structure),
    nodes: floats(nodes),
    edges: floats(edges),
    inner: integers(inner),
    topology: topology ? topologyOf(record(topology)) : undefined,
  };
}

function topologyOf({ sources, targets }: Fields): Topology {
  return { sources: integers(sources), targets: integers(targets) };
}

function sitesOf({ graphs, nodes, features }: Fields) {
  return { graphs: integers(graphs), nodes: integers(nodes), features: floats(features) };
}

export type Fields = Readonly<Record<string, Json | undefined>>;

/** The fields of an object; throws the UserError "agent-file" for anything else, as do those below. */
export function record(json: Json | undefined): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json) || ArrayBuffer.isView(json))
    throw refuse("an object is missing");
  return json as Fields;
}

export function list(json: Json | undefined): readonly Json[] {
  if (!Array.isArray(json)) throw refuse("a list is missing");
  return json;
}

/** NaN is written as null. */
export function number(json: Json | undefined): number {
  if (json === null) return Number.NaN;
  if (typeof json !== "number") throw refuse("a number is missing");
  return json;
}

export function floats(json: Json | undefined): Float32Array {
  if (!(json instanceof Float32Array)) throw refuse("numbers are missing");
  return json;
}

function integers(json: Json | undefined): Int32Array {
  if (!(json instanceof Int32Array)) throw refuse("indices are missing");
  return json;
}

/** The settings of a saved agent, its m-GNN's among them. */
export function savedSettings({ settings, gnn }: Fields): Fields {
  return { ...record(settings), gnn: record(gnn) };
}

/** Sets counters to what they were. */
export function restoreCounters<T extends Record<keyof T, number>>(counters: T, saved: Fields): void {
  const before = record(saved.counters);
  for (const name of Object.keys(counters) as (keyof T & string)[])
    counters[name] = number(before[name]) as T[keyof T & string];
}
