import type { Barrier } from "../../channels/index.js";

/** What each code of a barrier means; the words follow "stays because". */
export const barrierReasons: Readonly<Record<Barrier["code"], string>> = {
  "graph-input": "the model's input has these channels",
  "graph-output": "the model's output has these channels",
  "no-channels": "they meet an axis on which no channel can go",
  "no-rule": "topiary has no rule for what this operator does with them",
  "unknown-shape": "the sizes are not known here",
  "spatial-axis": "they are positions, rows or columns here",
  "batch-axis": "they are samples here",
  "mixes-channels": "removing some would change the others here",
  "dynamic-index": "data decides which of them are taken here",
  "dynamic-shape": "data decides how many there are here",
  random: "the operator would draw other random numbers for what is left",
  captured: "the body of an If, Loop or Scan reads them",
  unaligned: "other channels meet them in another order or number here",
  reshape: "a reshape mixes them with other axes",
  "padding-mode": "padding copies other channels over them",
  quantised: "their quantisation depends on all of them",
  "shared-constant": "a constant that others read as well would have to change",
  "frozen-by-user": "--freeze names it",
  "not-rewritable": "the operator cannot express what would be left",
  collapsed: "only all of them together could go",
};
