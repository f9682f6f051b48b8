import { type Builder, DataType, type SymTensor } from "../../ir/index.js";
import type { GraphSpace, GraphStructure } from "../graph.js";
import { extentOf, OwnWiring, SharedWiring, type Wiring } from "./wiring.js";

/** A batch of graphs of one structure, as symbols. Rows lie as the wiring says. */
export interface SymStructure {
  readonly structure: GraphStructure;
  readonly wiring: Wiring;
  /** [nodes · graphs, node features]. */
  readonly nodes: SymTensor;
  /** [edges · graphs, edge features]. */
  readonly edges: SymTensor;
  /** 1 where an edge has features of its own, 0 where a graph stands on it or nothing is: [edges · graphs, 1]. */
  readonly plain: SymTensor;
  /** For each edge the row of its inner graph's embedding; row 0 stands for none. Absent where it holds none. */
  readonly inner: SymTensor | undefined;
}

export interface SymSites {
  /** For each site the row of its node among the nodes of all structures, in their order: [batch · count]. */
  readonly rows: SymTensor;
  /** [batch · count, features]; absent where there are none. */
  readonly features: SymTensor | undefined;
  readonly count: number;
}

/** A batch of observations as symbols. */
export interface SymObservation {
  readonly batch: number;
  /** In the order of the space. */
  readonly structures: readonly SymStructure[];
  /** [batch, globals]; absent where there are none. */
  readonly globals: SymTensor | undefined;
  readonly sites: SymSites | undefined;
}

/** Names of the inputs that one structure's graphs are fed by. */
export function structureInputs(prefix: string, index: number) {
  const name = (part: string) => `${prefix}graph${index}.${part}`;
  return {
    nodes: name("nodes"),
    edges: name("edges"),
    plain: name("plain"),
    inner: name("inner"),
    sources: name("sources"),
    targets: name("targets"),
    arriving: name("arriving"),
    leaving: name("leaving"),
    absent: name("absent"),
  };
}

/** Names of the other inputs. */
export function otherInputs(prefix: string) {
  return {
    globals: `${prefix}globals`,
    siteRows: `${prefix}sites.rows`,
    siteFeatures: `${prefix}sites.features`,
  };
}

/** Declares the inputs of a batch of observations. */
export function observationInputs(
  build: Builder,
  space: GraphSpace,
  batch: number,
  prefix = "",
): SymObservation {
  const structures = space.structures.map((structure, index): SymStructure => {
    const names = structureInputs(prefix, index);
    const extent = extentOf(structure, batch);
    const { graphs } = extent;
    const [nodeRows, edgeRows] = [structure.nodes * graphs, structure.edges * graphs];
    const wiring = structure.topology
      ? new SharedWiring(build, extent, structure.topology)
      : new OwnWiring(build, extent, {
          sources: build.input(names.sources, [graphs, structure.edges, structure.nodes]),
          targets: build.input(names.targets, [graphs, structure.edges, structure.nodes]),
          arriving: build.input(names.arriving, [graphs, structure.nodes, 1]),
          leaving: build.input(names.leaving, [graphs, structure.nodes, 1]),
          absent: build.input(names.absent, [graphs, structure.nodes]),
        });
    return {
      structure,
      wiring,
      nodes: build.input(names.nodes, [nodeRows, space.nodeFeatures]),
      edges: build.input(names.edges, [edgeRows, space.edgeFeatures]),
      plain: build.input(names.plain, [edgeRows, 1]),
      inner: structure.holds.length > 0 ? build.input(names.inner, [edgeRows], DataType.INT32) : undefined,
    };
  });
  const names = otherInputs(prefix);
  const { globals, sites } = space;
  return {
    batch,
    structures,
    globals: globals > 0 ? build.input(names.globals, [batch, globals]) : undefined,
    sites: sites && {
      count: sites.count,
      rows: build.input(names.siteRows, [batch * sites.count], DataType.INT32),
      features:
        sites.features > 0
          ? build.input(names.siteFeatures, [batch * sites.count, sites.features])
          : undefined,
    },
  };
}
