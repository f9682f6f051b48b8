import type { CommandEntry } from "./command.js";

/**
 * The commands in the order of the work. To add one: a file in `commands/` that exports `defineCommand({...})` as its
 * default, and one line here.
 */
export const commands: readonly CommandEntry[] = [
  {
    name: "inspect",
    summary: "what a model is, and what each layer costs",
    load: () => import("./commands/inspect.js"),
  },
  { name: "text", summary: "a model in ONNX's text syntax", load: () => import("./commands/text.js") },
  {
    name: "groups",
    summary: "which channels stand and fall together, and why others stay",
    load: () => import("./commands/groups.js"),
  },
  {
    name: "motifs",
    summary: "repeated motifs, level by level",
    load: () => import("./commands/motifs.js"),
  },
  {
    name: "prune",
    summary: "make a model smaller, exactly, under a budget",
    load: () => import("./commands/prune.js"),
  },
  {
    name: "apply",
    summary: "cut the channels of a plan out of a model with the same graph",
    load: () => import("./commands/apply.js"),
  },
  {
    name: "compact",
    summary: "remove channels that are dead already; lossless",
    load: () => import("./commands/compact.js"),
  },
  {
    name: "verify",
    summary: "check that a pruned model is its original without the removed channels",
    load: () => import("./commands/verify.js"),
  },
  {
    name: "search",
    summary: "look for the best plan under a budget, by accuracy",
    load: () => import("./commands/search.js"),
  },
  {
    name: "compare",
    summary: "several policies at the same number of evaluations, with several seeds",
    load: () => import("./commands/compare.js"),
  },
  {
    name: "studies",
    summary: "what searches were asked and what they found",
    load: () => import("./commands/studies.js"),
  },
  {
    name: "recover",
    summary: "repair a pruned model without training: batch normalization, least squares",
    load: () => import("./commands/recover.js"),
  },
  {
    name: "finetune",
    summary: "train a classifier further, on onnxruntime",
    load: () => import("./commands/finetune.js"),
  },
  {
    name: "evaluate",
    summary: "accuracy of a classifier on a data set",
    load: () => import("./commands/evaluate.js"),
  },
  {
    name: "latency",
    summary: "time and memory of models on this machine",
    load: () => import("./commands/latency.js"),
  },
  {
    name: "view",
    summary: "a model's graph as one page to look at",
    load: () => import("./commands/view.js"),
  },
  { name: "diff", summary: "what differs between two models", load: () => import("./commands/diff.js") },
  {
    name: "report",
    summary: "one page about a study, or about some models",
    load: () => import("./commands/report.js"),
  },
  {
    name: "backends",
    summary: "what can compute on this machine, and why the rest cannot",
    load: () => import("./commands/backends.js"),
  },
];
