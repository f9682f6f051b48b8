import { invariant } from "../../base/errors.js";
import { DataType } from "../../ir/index.js";
import type { HostTensor } from "../../runtime/index.js";
import {
  type GraphObservation,
  type GraphSpace,
  type GraphStructure,
  type ObservedGraph,
  stagesOf,
} from "../graph.js";
import { otherInputs, structureInputs } from "./observation-input.js";
import { extentOf } from "./wiring.js";

/** Scores of nodes that do not exist become e^-1e9 = 0. */
const ABSENT = -1e9;

/** Where an observation's graph lies: the index of its structure and its place among that structure's graphs. */
interface Place {
  readonly structure: number;
  readonly slot: number;
}

/** The inputs of `observationInputs` for these observations. A graph that an observation holds once is laid out once. */
export function observationFeeds(
  space: GraphSpace,
  observations: readonly GraphObservation[],
  prefix = "",
): Map<string, HostTensor> {
  const batch = observations.length;
  const layouts = space.structures.map((structure, index) => new Layout(space, structure, index, batch));
  const firstEmbedding = embeddingRows(space, batch);
  const places = observations.map((observation, i) => placesOf(space, observation, i));
  observations.forEach(({ graphs }, i) => {
    const own = places[i] ?? [];
    graphs.forEach((graph, g) => {
      const place = own[g];
      invariant(place, "every graph has a place");
      const embeddingOf = (inner: number) => {
        const at = own[inner];
        invariant(at, "what stands on an edge comes before the graph");
        return (firstEmbedding[at.structure] ?? 0) + at.slot;
      };
      layouts[place.structure]?.write(graph, place.slot, embeddingOf);
    });
  });
  const feeds = new Map<string, HostTensor>();
  for (const layout of layouts) layout.collect(prefix, feeds);
  const names = otherInputs(prefix);
  if (space.globals > 0) {
    const rows = joined(observations, space.globals, ({ globals }) => globals);
    feeds.set(names.globals, floats([batch, space.globals], rows));
  }
  if (space.sites) siteFeeds(space, observations, places, layouts, prefix, feeds);
  return feeds;
}

function floats(dims: readonly number[], data: Float32Array): HostTensor {
  return { dataType: DataType.FLOAT, dims, data };
}

/** The row of each structure's first embedding: they lie stage by stage, after a row of zeros. */
function embeddingRows(space: GraphSpace, batch: number): number[] {
  const rows: number[] = [];
  let at = 1;
  for (const index of stagesOf(space).flat()) {
    rows[index] = at;
    at += (space.structures[index]?.capacity ?? 0) * batch;
  }
  return rows;
}

/** The row of each structure's first node. */
function nodeRows({ structures }: GraphSpace, batch: number): number[] {
  let at = 0;
  return structures.map(({ capacity, nodes }) => {
    const from = at;
    at += capacity * batch * nodes;
    return from;
  });
}

/** Graphs of a structure take the slots that the observation has there, in their order. */
function placesOf(space: GraphSpace, { graphs }: GraphObservation, observation: number): Place[] {
  const taken = space.structures.map(({ capacity }) => observation * capacity);
  return graphs.map(({ structure }) => {
    const slot = taken[structure] ?? 0;
    taken[structure] = slot + 1;
    const { capacity = 0, id } = space.structures[structure] ?? {};
    invariant(slot < (observation + 1) * capacity, () => `an observation holds at most ${capacity} of ${id}`);
    return { structure, slot };
  });
}

/** Reads one vector of each observation into rows. */
function joined(
  observations: readonly GraphObservation[],
  width: number,
  of: (observation: GraphObservation) => Float32Array | undefined,
): Float32Array {
  const rows = new Float32Array(observations.length * width);
  observations.forEach((observation, i) => {
    const row = of(observation);
    invariant(row?.length === width, () => `expected ${width} numbers, got ${row?.length}`);
    rows.set(row, i * width);
  });
  return rows;
}

function siteFeeds(
  space: GraphSpace,
  observations: readonly GraphObservation[],
  places: readonly (readonly Place[])[],
  layouts: readonly Layout[],
  prefix: string,
  feeds: Map<string, HostTensor>,
): void {
  const { count = 0, features = 0 } = space.sites ?? {};
  const batch = observations.length;
  const firstNode = nodeRows(space, batch);
  const rows = new Int32Array(batch * count);
  observations.forEach(({ sites }, i) => {
    invariant(sites?.nodes.length === count, () => `expected ${count} sites, got ${sites?.nodes.length}`);
    for (let site = 0; site < count; site++) {
      const place = places[i]?.[sites.graphs[site] ?? -1];
      invariant(place, () => `site ${site} lies in a graph of the observation`);
      const row = layouts[place.structure]?.nodeRow(place.slot, sites.nodes[site] ?? 0) ?? 0;
      rows[i * count + site] = (firstNode[place.structure] ?? 0) + row;
    }
  });
  const names = otherInputs(prefix);
  feeds.set(names.siteRows, { dataType: DataType.INT32, dims: [batch * count], data: rows });
  if (features === 0) return;
  const table = joined(observations, count * features, ({ sites }) => sites?.features);
  feeds.set(names.siteFeatures, floats([batch * count, features], table));
}

/** The arrays of one structure's graphs. */
class Layout {
  readonly #nodes: Float32Array;
  readonly #edges: Float32Array;
  readonly #plain: Float32Array;
  readonly #inner: Int32Array | undefined;
  readonly #own: OwnArrays | undefined;
  readonly #graphs: number;

  constructor(
    private readonly space: GraphSpace,
    private readonly structure: GraphStructure,
    private readonly index: number,
    batch: number,
  ) {
    const { nodes, edges, topology } = structure;
    this.#graphs = extentOf(structure, batch).graphs;
    this.#nodes = new Float32Array(this.#graphs * nodes * space.nodeFeatures);
    this.#edges = new Float32Array(this.#graphs * edges * space.edgeFeatures);
    this.#plain = new Float32Array(this.#graphs * edges);
    this.#inner = structure.holds.length > 0 ? new Int32Array(this.#graphs * edges) : undefined;
    this.#own = topology ? undefined : new OwnArrays(structure, this.#graphs);
  }

  /** As `Wiring.row`. */
  nodeRow(slot: number, node: number): number {
    return this.#own ? slot * this.structure.nodes + node : node * this.#graphs + slot;
  }

  #edgeRow(slot: number, edge: number): number {
    return this.#own ? slot * this.structure.edges + edge : edge * this.#graphs + slot;
  }

  write(graph: ObservedGraph, slot: number, embeddingOf: (inner: number) => number): void {
    const { nodeFeatures, edgeFeatures } = this.space;
    const nodeCount = graph.nodes.length / nodeFeatures;
    for (let node = 0; node < nodeCount; node++) {
      const to = this.nodeRow(slot, node) * nodeFeatures;
      for (let f = 0; f < nodeFeatures; f++) this.#nodes[to + f] = graph.nodes[node * nodeFeatures + f] ?? 0;
    }
    graph.inner.forEach((inner, edge) => {
      const row = this.#edgeRow(slot, edge);
      if (inner >= 0) {
        invariant(this.#inner, () => `${this.structure.id} holds no graphs`);
        this.#inner[row] = embeddingOf(inner);
        return;
      }
      this.#plain[row] = 1;
      const [from, to] = [edge * edgeFeatures, row * edgeFeatures];
      for (let f = 0; f < edgeFeatures; f++) this.#edges[to + f] = graph.edges[from + f] ?? 0;
    });
    this.#own?.write(graph, slot, nodeCount);
  }

  collect(prefix: string, feeds: Map<string, HostTensor>): void {
    const names = structureInputs(prefix, this.index);
    const { nodes, edges } = this.structure;
    const [nodeRows, edgeRows] = [nodes * this.#graphs, edges * this.#graphs];
    feeds.set(names.nodes, floats([nodeRows, this.space.nodeFeatures], this.#nodes));
    feeds.set(names.edges, floats([edgeRows, this.space.edgeFeatures], this.#edges));
    feeds.set(names.plain, floats([edgeRows, 1], this.#plain));
    if (this.#inner)
      feeds.set(names.inner, { dataType: DataType.INT32, dims: [edgeRows], data: this.#inner });
    this.#own?.collect(names, feeds);
  }
}

/** The edges of graphs that bring their own. */
class OwnArrays {
  readonly #sources: Float32Array;
  readonly #targets: Float32Array;
  readonly #arriving: Float32Array;
  readonly #leaving: Float32Array;
  readonly #absent: Float32Array;

  constructor(
    private readonly structure: GraphStructure,
    private readonly graphs: number,
  ) {
    const { nodes, edges } = structure;
    this.#sources = new Float32Array(graphs * edges * nodes);
    this.#targets = new Float32Array(graphs * edges * nodes);
    this.#arriving = new Float32Array(graphs * nodes);
    this.#leaving = new Float32Array(graphs * nodes);
    this.#absent = new Float32Array(graphs * nodes);
  }

  write({ topology }: ObservedGraph, slot: number, nodeCount: number): void {
    const { nodes, edges, id } = this.structure;
    invariant(topology, () => `a graph of ${id} brings its own edges`);
    this.#absent.fill(ABSENT, slot * nodes + nodeCount, (slot + 1) * nodes);
    const side = (indices: Int32Array, matrix: Float32Array, means: Float32Array) => {
      indices.forEach((node, edge) => {
        matrix[(slot * edges + edge) * nodes + node] = 1;
        means[slot * nodes + node] = (means[slot * nodes + node] ?? 0) + 1;
      });
      for (let i = slot * nodes; i < (slot + 1) * nodes; i++) means[i] = 1 / Math.max(1, means[i] ?? 0);
    };
    side(topology.sources, this.#sources, this.#leaving);
    side(topology.targets, this.#targets, this.#arriving);
  }

  collect(names: ReturnType<typeof structureInputs>, feeds: Map<string, HostTensor>): void {
    const { nodes, edges } = this.structure;
    feeds.set(names.sources, floats([this.graphs, edges, nodes], this.#sources));
    feeds.set(names.targets, floats([this.graphs, edges, nodes], this.#targets));
    feeds.set(names.arriving, floats([this.graphs, nodes, 1], this.#arriving));
    feeds.set(names.leaving, floats([this.graphs, nodes, 1], this.#leaving));
    feeds.set(names.absent, floats([this.graphs, nodes], this.#absent));
  }
}
