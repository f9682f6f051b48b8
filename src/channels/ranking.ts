import type { ChannelGroup } from "./groups.js";
import type { PruningOrder } from "./steps.js";
import { levelFor, type Stops } from "./stops.js";

/**
 * How steps compete: the same removed share in every group, all groups in one ranking, or one ranking for each class of
 * groups, of which each loses the same share of its steps (Fang et al., "Isomorphic pruning for vision models", ECCV 2024).
 */
export const rankings = ["uniform", "global", "isomorphic"] as const;
export type Ranking = (typeof rankings)[number];

/** What a score is divided by before groups compete: the mean or the largest of its group, or nothing. */
export const normalisations = ["mean", "max", "none"] as const;
export type Normalisation = (typeof normalisations)[number];

/** Which ranking, and what it needs. */
export interface RankingOptions {
  readonly ranking?: Ranking | undefined;
  /** Equal for groups that the isomorphic ranking compares; without it all are of one class. */
  readonly classOf?: ((group: ChannelGroup) => string) | undefined;
  /** Of the global and isomorphic rankings; mean by default. */
  readonly normalisation?: Normalisation | undefined;
}

/** A stop of one of the groups; in a ranking. */
export interface RankedStop {
  readonly group: number;
  readonly level: number;
  readonly score: number;
  /** Of the group's units, what is gone at this stop: among equal scores it spreads removals over the groups. */
  readonly share: number;
}

/** The least important stop first; of equal ones that of the group that has lost the smallest share. */
function byScore(a: RankedStop, b: RankedStop): number {
  return a.score - b.score || a.share - b.share || a.group - b.group;
}

function shareAt({ order, gone }: Stops, level: number): number {
  return (gone[level] as number) / order.group.units.length;
}

/** The levels at which a share of the steps is taken. */
export function shareToLevels(
  stops: readonly Stops[],
  { ranking, classOf = () => "", normalisation }: RankingOptions,
): (share: number) => number[] {
  if (ranking === "global") return globalLevels(stops, normalisation);
  if (ranking === "isomorphic") return classLevels(stops, classOf, normalisation);
  return (share) => stops.map((each) => levelFor(each, share));
}

/** All groups' steps in one order of normalised score; a share of them is taken. */
function globalLevels(
  stops: readonly Stops[],
  normalisation: Normalisation = "mean",
): (share: number) => number[] {
  const ranked: RankedStop[] = stops
    .flatMap((each, i) => {
      const { order, levels } = each;
      const scale = scaleOf(order, normalisation);
      let worst = Number.NEGATIVE_INFINITY;
      // A later stop never ranks before an earlier one.
      return levels.slice(1).map((level, k) => {
        worst = Math.max(worst, (order.steps[level - 1]?.score ?? 0) / scale);
        return { group: i, level: k + 1, score: worst, share: shareAt(each, k + 1) };
      });
    })
    .sort(byScore);
  return (share) => {
    const levels = stops.map(() => 0);
    for (const { group, level } of ranked.slice(0, Math.round(share * ranked.length))) levels[group] = level;
    return levels;
  };
}

/** Every class of groups in a ranking of its own. */
function classLevels(
  stops: readonly Stops[],
  classOf: (group: ChannelGroup) => string,
  normalisation: Normalisation | undefined,
): (share: number) => number[] {
  const classes = new Map<string, number[]>();
  stops.forEach(({ order }, i) => {
    const key = classOf(order.group);
    const members = classes.get(key);
    if (members) members.push(i);
    else classes.set(key, [i]);
  });
  const parts = [...classes.values()].map((members) => {
    const own = members.map((i) => stops[i] as Stops);
    return { members, levelsFor: globalLevels(own, normalisation) };
  });
  return (share) => {
    const levels = stops.map(() => 0);
    for (const { members, levelsFor } of parts)
      levelsFor(share).forEach((level, k) => {
        levels[members[k] as number] = level;
      });
    return levels;
  };
}

function scaleOf({ steps }: PruningOrder, normalisation: Normalisation): number {
  if (normalisation === "none") return 1;
  const scores = steps.map(({ score }) => score);
  if (normalisation === "max") return scores.reduce((most, score) => Math.max(most, score), 0) || 1;
  return scores.reduce((sum, score) => sum + score, 0) / scores.length || 1;
}

/** Every stop up to the given levels, the most important first; of equal ones from where most is gone. */
export function takenSteps(stops: readonly Stops[], levels: readonly number[]): RankedStop[] {
  return stops
    .flatMap((each, group) =>
      Array.from({ length: levels[group] as number }, (_, k) => {
        const { order, levels: allowed } = each;
        const score = order.steps[(allowed[k + 1] as number) - 1]?.score ?? 0;
        return { group, level: k + 1, score, share: shareAt(each, k + 1) };
      }),
    )
    .sort((a, b) => byScore(b, a));
}
