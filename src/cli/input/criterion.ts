import { normalisations, rankings, type SelectionOptions } from "../../channels/index.js";
import {
  type Aggregation,
  aggregations,
  type Criterion,
  comparableCriteria,
  criteria,
  criterionNamed,
} from "../../importance/index.js";
import type { Model } from "../../ir/index.js";
import { byDefault, option } from "../option.js";
import { likeWithLike } from "./group-layers.js";

export const importanceFlags = {
  importance: byDefault(option.choice([...criteria.keys()], "what makes a channel important"), "l2"),
  aggregate: byDefault(option.choice(aggregations, "how the scores of coupled slices become one"), "mean"),
  ranking: byDefault(
    option.choice(
      rankings,
      "how steps compete: the same share of every group, all groups in one order, or groups of like layers each in one",
    ),
    "uniform",
  ),
  normalise: option.choice(
    normalisations,
    `what divides a group's scores before groups compete (default: mean; none for ${[...comparableCriteria].join(", ")})`,
  ),
};

interface ImportanceFlags {
  readonly importance: string;
  readonly aggregate: Aggregation;
}

/** The criterion that the flags name. */
export function criterionOf({ importance, aggregate }: ImportanceFlags): Criterion {
  const scorer = criterionNamed(importance);
  return (analysis, seed) => scorer(analysis, seed, aggregate);
}

/** How groups compete. */
export function rankingOf(
  {
    importance,
    ranking,
    normalise,
  }: SelectionOptions & { importance: string; normalise?: SelectionOptions["normalisation"] },
  { graph }: Model,
): Pick<SelectionOptions, "ranking" | "classOf" | "normalisation"> {
  return {
    ranking,
    classOf: ranking === "isomorphic" ? likeWithLike(graph) : undefined,
    normalisation: normalise ?? (comparableCriteria.has(importance) ? "none" : "mean"),
  };
}
