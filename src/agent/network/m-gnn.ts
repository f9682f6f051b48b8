import { UserError } from "../../base/errors.js";
import { attribute, type Builder, DataType, type SymTensor } from "../../ir/index.js";
import { stagesOf } from "../graph.js";
import type { Encoder } from "./encoder.js";
import { linear } from "./mlp.js";
import type { SymObservation, SymStructure } from "./observation-input.js";
import type { Start, Weights } from "./weights.js";

export interface MultiStageGnnOptions {
  /** Width of node states and embeddings; 64 by default. */
  readonly hidden?: number | undefined;
  /** How many edges a message passes on each level; 2 by default. */
  readonly rounds?: number | undefined;
  /**
   * "attention" (the default) scores each node, so that graphs may change their size and agents their model. "paper"
   * has one weight per node of every structure (eq. 5), which needs structures with a fixed topology.
   */
  readonly pooling?: "attention" | "paper" | undefined;
}

type Settings = {
  readonly [K in keyof Required<MultiStageGnnOptions>]: NonNullable<MultiStageGnnOptions[K]>;
};

/**
 * The multi-stage graph neural network of Yu, Mazaheri, Jannesari (2021), section 3.2.1: graphs of each level are
 * embedded with weights that the level shares, and their embeddings are the edges' features one level up. Messages are
 * means of W (h_j ∘ e_ij) (eq. 4), here along edges and against them, each with weights of its own, and every node hears itself
 * (as in the published code). A graph that an observation holds once is embedded once, however often it stands on edges.
 */
export function multiStageGnn(options: MultiStageGnnOptions = {}): Encoder {
  const settings: Settings = {
    hidden: options.hidden ?? 64,
    rounds: options.rounds ?? 2,
    pooling: options.pooling ?? "attention",
  };
  return {
    description: `m-GNN ${JSON.stringify(settings)}`,
    encode: (build, observation, weights) => new Stages(build, weights, settings).encode(observation),
  };
}

class Stages {
  constructor(
    private readonly build: Builder,
    private readonly weights: Weights,
    private readonly settings: Settings,
  ) {}

  encode({ structures, sites }: SymObservation) {
    const { build, settings } = this;
    const width = settings.hidden;
    let embeddings = build.zeros([1, width], DataType.FLOAT);
    const nodesOf = new Map<SymStructure, SymTensor>();
    let whole = embeddings;
    for (const stage of stagesOf({ structures: structures.map(({ structure }) => structure) })) {
      const here = embeddings;
      const pooled = stage.map((index) => {
        const each = structures[index] as SymStructure;
        const nodes = this.#nodes(each, here);
        nodesOf.set(each, nodes);
        whole = this.#pool(each, nodes);
        return whole;
      });
      embeddings = build.concat([embeddings, ...pooled], 0);
    }
    const allNodes = () =>
      build.concat(
        structures.flatMap((each) => nodesOf.get(each) ?? []),
        0,
      );
    return { graph: whole, sites: sites && gatherRows(build, allNodes(), sites.rows) };
  }

  /** The states of a structure's nodes after all rounds: [nodes · graphs, hidden]. */
  #nodes({ structure, wiring, nodes, edges, plain, inner }: SymStructure, embeddings: SymTensor): SymTensor {
    const { build, weights } = this;
    const { hidden, rounds } = this.settings;
    const name = `encoder.level${structure.level}`;
    const own = build.mul(this.#tanh(`${name}.edge`, edges), plain);
    const e = inner ? build.add(own, gatherRows(build, embeddings, inner)) : own;
    let h = this.#tanh(`${name}.node`, nodes);
    for (let round = 0; round < rounds; round++) {
      const at = `${name}.round${round}`;
      const arriving = wiring.arriving(build.mul(wiring.sources(h), e));
      const leaving = wiring.leaving(build.mul(wiring.targets(h), e));
      const heard = build.concat([h, arriving, leaving], 1);
      h = build.unary("Tanh", linear(build, weights, at, heard, hidden, keeping(heard)));
    }
    return h;
  }

  #tanh(name: string, x: SymTensor): SymTensor {
    return this.build.unary(
      "Tanh",
      linear(this.build, this.weights, name, x, this.settings.hidden, keeping(x)),
    );
  }

  /** e = Σ α_i h_i (eq. 5), then a layer of its own: [graphs, hidden]. */
  #pool({ structure, wiring }: SymStructure, nodes: SymTensor): SymTensor {
    const name = `encoder.level${structure.level}.pool`;
    const alpha = this.settings.pooling === "paper" ? this.#paperAlpha : this.#attention;
    const pooled = wiring.total(this.build.mul(nodes, alpha.call(this, { structure, wiring }, nodes, name)));
    return this.#tanh(`${name}.out`, pooled);
  }

  #attention(
    { wiring }: Pick<SymStructure, "structure" | "wiring">,
    nodes: SymTensor,
    name: string,
  ): SymTensor {
    const scores = this.build.matMul(nodes, this.weights(`${name}.score`, [this.settings.hidden, 1]));
    return wiring.shares(scores);
  }

  #paperAlpha({ structure, wiring }: Pick<SymStructure, "structure" | "wiring">): SymTensor {
    if (!structure.topology) {
      throw new UserError(
        "pooling",
        `graph ${structure.id} changes its size, so pooling "paper", which has a weight per node, cannot embed it; use "attention"`,
      );
    }
    const { id, nodes } = structure;
    return wiring.perNode(this.weights(`encoder.alpha.${id}`, [nodes], { value: 1 / nodes }));
  }
}

/** Weights that keep the size of what passes, so that a change deep inside is still felt on top (LeCun et al., 1998). */
function keeping(x: SymTensor): Start {
  return { bound: Math.sqrt(3 / (x.dims.at(-1) ?? 1)) };
}

/** Rows of a table: [n, width] to [rows, width]. */
function gatherRows(build: Builder, table: SymTensor, rows: SymTensor): SymTensor {
  return build.node("Gather", [table, rows], [rows.dims[0] ?? 0, table.dims[1] ?? 1], {
    attributes: [attribute.int("axis", 0)],
  });
}
