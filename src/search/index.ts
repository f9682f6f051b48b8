/** Searching how much to prune where: the space of prunings, trials, policies, studies. */
export { comparePolicies, type PolicySummary, type SeedResult } from "./compare.js";
export { PruningEnv } from "./env/pruning-env.js";
export { type Sight, seen } from "./env/sight.js";
export type { PlanningTask, TaskState } from "./env/task.js";
export { type WholeVectorOptions, WholeVectorTask } from "./env/whole-vector.js";
export { Evaluator, type EvaluatorOptions, type Measured, type PlanMeasurer } from "./evaluator.js";
export { smallestBudget } from "./guaranteed.js";
export { drawImages, type TrialImages } from "./images.js";
export { fastEnough, type TimedTrial } from "./latency/fast-enough.js";
export { LatencyModel, type PlanTime, type TimedPlan } from "./latency/latency-model.js";
export { type TimeModels, timePlans } from "./latency/time-plans.js";
export { HierarchyObserver, type ObserverOptions } from "./observation.js";
export { parseStudy } from "./parse-study.js";
export {
  type AgentStart,
  type PolicyContext,
  type PolicyEntry,
  policies,
  policyNamed,
} from "./policies/index.js";
export type { Outcome, Policy, Proposal } from "./policy.js";
export { type RepairContext, type RepairOptions, repairModel, repairs } from "./repair.js";
export { type RunOptions, runTrials } from "./run.js";
export { type SearchOptions, type SearchResult, search } from "./search.js";
export {
  type Fit,
  type Levels,
  PruningSpace,
  type SearchBudget,
  type Shares,
  type SpaceOptions,
} from "./space.js";
export * from "./study-document.js";
export { StudyFolder } from "./study-folder.js";
export type { TrialResult } from "./trial-task.js";
