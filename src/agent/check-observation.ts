import { UserError } from "../base/errors.js";
import type { GraphObservation, GraphSpace, GraphStructure, ObservedGraph, Topology } from "./graph.js";

/** Throws the UserError "env-check" for a space that no observation can fit. */
export function checkSpace({ structures, nodeFeatures, edgeFeatures }: GraphSpace): void {
  const fail = (what: string) => failure("observationSpace", what);
  if (structures.length === 0) throw fail("has no structures");
  if (nodeFeatures < 1 || edgeFeatures < 1) throw fail("has nodes or edges without features");
  structures.forEach(({ id, capacity, holds, topology, nodes, edges, level }, index) => {
    if (!(capacity >= 1 && nodes >= 1 && edges >= 0 && level >= 1))
      throw fail(`${id}: capacity ${capacity}, nodes ${nodes}, edges ${edges}, level ${level}`);
    for (const inner of holds)
      if (!(inner >= 0 && inner < index))
        throw fail(`${id} holds structure ${inner}, which is not before it`);
    if (topology) checkTopology(topology, nodes, edges, (what) => fail(`${id}: ${what}`));
  });
  const last = structures.at(-1);
  if (last?.capacity !== 1) throw fail(`${last?.id} is the whole, so its capacity must be 1`);
}

/** Throws the UserError "env-check" for an observation that does not fit its space; `where` says which it is. */
export function checkObservation(space: GraphSpace, observation: GraphObservation, where: string): void {
  const fail = (what: string) => failure(`the observation of ${where}`, what);
  const counts = space.structures.map(() => 0);
  observation.graphs.forEach((graph, index) => {
    const structure = space.structures[graph.structure];
    if (!structure) throw fail(`graph ${index} has structure ${graph.structure}`);
    const count = (counts[graph.structure] ?? 0) + 1;
    counts[graph.structure] = count;
    if (count > structure.capacity)
      throw fail(`holds ${count} graphs of ${structure.id}, at most ${structure.capacity} fit`);
    checkGraph(space, structure, graph, (what) => fail(`graph ${index} (${structure.id}): ${what}`));
    graph.inner.forEach((inner, edge) => {
      const held = observation.graphs[inner]?.structure ?? -1;
      if (inner >= index || (inner >= 0 && !structure.holds.includes(held)))
        throw fail(`edge ${edge} of graph ${index} (${structure.id}) cannot hold graph ${inner}`);
    });
  });
  if (observation.graphs.at(-1)?.structure !== space.structures.length - 1)
    throw fail("does not end with the whole");
  checkRow(observation.globals, space.globals, (what) => fail(`globals ${what}`));
  checkSites(space, observation, fail);
}

type Fail = (what: string) => UserError;

function failure(where: string, what: string): UserError {
  return new UserError("env-check", `the environment breaks its contract: ${where}: ${what}`);
}

function checkGraph(space: GraphSpace, structure: GraphStructure, graph: ObservedGraph, fail: Fail): void {
  const nodes = graph.nodes.length / space.nodeFeatures;
  const edges = graph.inner.length;
  if (structure.topology) {
    if (nodes !== structure.nodes || edges !== structure.edges)
      throw fail(`${nodes} nodes, ${edges} edges; expected ${structure.nodes}, ${structure.edges}`);
  } else {
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > structure.nodes || edges > structure.edges)
      throw fail(`${nodes} nodes, ${edges} edges; at most ${structure.nodes}, ${structure.edges} fit`);
    if (!graph.topology) throw fail("brings no edges though its structure has none");
    checkTopology(graph.topology, nodes, edges, fail);
  }
  checkRow(graph.nodes, nodes * space.nodeFeatures, (what) => fail(`nodes ${what}`));
  checkRow(graph.edges, edges * space.edgeFeatures, (what) => fail(`edges ${what}`));
}

function checkTopology({ sources, targets }: Topology, nodes: number, edges: number, fail: Fail): void {
  if (sources.length !== edges || targets.length !== edges)
    throw fail(`${sources.length} sources and ${targets.length} targets for ${edges} edges`);
  for (const node of [...sources, ...targets]) {
    if (!(node >= 0 && node < nodes)) throw fail(`an edge leads to node ${node} of ${nodes}`);
  }
}

function checkRow(row: Float32Array | undefined, length: number, fail: Fail): void {
  if ((row?.length ?? 0) !== length) throw fail(`have ${row?.length ?? 0} numbers, expected ${length}`);
  if (row && !row.every(Number.isFinite)) throw fail("have numbers that are not finite");
}

function checkSites(space: GraphSpace, { sites, graphs, mask }: GraphObservation, fail: Fail): void {
  if (mask && !mask.every((allowed) => allowed === 0 || allowed === 1)) throw fail("a mask is of 0 and 1");
  if (!space.sites) return;
  const { count, features } = space.sites;
  if (!sites) throw fail("has no sites");
  if (sites.nodes.length !== count || sites.graphs.length !== count)
    throw fail(`has ${sites.nodes.length} sites, expected ${count}`);
  sites.nodes.forEach((node, site) => {
    const graph = graphs[sites.graphs[site] ?? -1];
    if (!graph || !(node >= 0 && node < graph.nodes.length / space.nodeFeatures))
      throw fail(`site ${site} is node ${node} of graph ${sites.graphs[site]}, which does not exist`);
  });
  checkRow(sites.features, count * features, (what) => fail(`features of sites ${what}`));
}
