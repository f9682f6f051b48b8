import { invariant } from "../base/errors.js";
import type { GraphEnv } from "./env.js";
import type { GraphObservation, GraphSpace, ObservedGraph, Topology } from "./graph.js";
import { type View, viewed } from "./view.js";

/** A graph as it grows: rows of nodes and edges, and where edges run. */
interface Flat {
  readonly nodes: number[][];
  readonly edges: number[][];
  readonly sources: number[];
  readonly targets: number[];
  /** Where the nodes of an inner graph came to lie, by the graph's index: the first time that it was laid out. */
  readonly placed: Map<number, readonly number[]>;
}

/**
 * The observation without hierarchy: every edge that holds a graph gives way to that graph, as often as it is held. Nodes of an
 * inner graph that no edge enters become the edge's source, those that no edge leaves its target.
 */
export function flattenObservation(space: GraphSpace, observation: GraphObservation): GraphObservation {
  const flat: Flat = { nodes: [], edges: [], sources: [], targets: [], placed: new Map() };
  const top = observation.graphs.length - 1;
  layOut(space, observation, top, undefined, flat);
  const { sites, globals, mask } = observation;
  return {
    graphs: [
      {
        structure: 0,
        nodes: Float32Array.from(flat.nodes.flat()),
        edges: Float32Array.from(flat.edges.flat()),
        inner: new Int32Array(flat.edges.length).fill(-1),
        topology: topologyOf(flat),
      },
    ],
    globals,
    sites: sites && {
      graphs: new Int32Array(sites.nodes.length),
      nodes: sites.nodes.map((node, site) => flat.placed.get(sites.graphs[site] ?? top)?.[node] ?? 0),
      features: sites.features,
    },
    mask,
  };
}

function topologyOf({ sources, targets }: Flat): Topology {
  return { sources: Int32Array.from(sources), targets: Int32Array.from(targets) };
}

/** Lays out a graph; its ends are the nodes of the edge that it stands on. */
function layOut(
  space: GraphSpace,
  observation: GraphObservation,
  index: number,
  ends: { readonly source: number; readonly target: number } | undefined,
  flat: Flat,
): void {
  const graph = observation.graphs[index];
  invariant(graph, "an edge holds a graph of the observation");
  const topology = graph.topology ?? space.structures[graph.structure]?.topology;
  invariant(topology, "a graph has edges");
  const places = placesOf(space, graph, topology, ends, flat);
  if (!flat.placed.has(index)) flat.placed.set(index, places);
  graph.inner.forEach((inner, edge) => {
    const source = places[topology.sources[edge] ?? 0] ?? 0;
    const target = places[topology.targets[edge] ?? 0] ?? 0;
    if (inner >= 0) {
      layOut(space, observation, inner, { source, target }, flat);
      return;
    }
    flat.sources.push(source);
    flat.targets.push(target);
    flat.edges.push([...graph.edges.subarray(edge * space.edgeFeatures, (edge + 1) * space.edgeFeatures)]);
  });
}

function placesOf(
  space: GraphSpace,
  graph: ObservedGraph,
  { sources, targets }: Topology,
  ends: { readonly source: number; readonly target: number } | undefined,
  flat: Flat,
): number[] {
  const count = graph.nodes.length / space.nodeFeatures;
  return Array.from({ length: count }, (_, node) => {
    if (ends && !targets.includes(node)) return ends.source;
    if (ends && !sources.includes(node)) return ends.target;
    flat.nodes.push([...graph.nodes.subarray(node * space.nodeFeatures, (node + 1) * space.nodeFeatures)]);
    return flat.nodes.length - 1;
  });
}

/**
 * Everything as one graph, whose shape the first observation decides. All structures must have a topology, and what
 * stands on which edge must not change.
 */
export function flatView(space: GraphSpace, first: GraphObservation): View {
  const [graph] = flattenObservation(space, first).graphs;
  invariant(graph?.topology, "the flat graph has edges");
  const { topology } = graph;
  const whole = {
    id: "flat",
    level: 1,
    holds: [],
    nodes: graph.nodes.length / space.nodeFeatures,
    edges: topology.sources.length,
    capacity: 1,
    topology,
  };
  return {
    space: { ...space, structures: [whole] },
    show: (observation) => {
      const flat = flattenObservation(space, observation);
      return { ...flat, graphs: flat.graphs.map((each) => ({ ...each, topology: undefined })) };
    },
  };
}

/** The environment without hierarchy, for ablations; `flatView` says what it must be like. */
export async function flattened(env: GraphEnv): Promise<GraphEnv> {
  const { observation } = await env.reset({ seed: 0 });
  return viewed(env, flatView(env.observationSpace, observation));
}
