import { UserError } from "../base/errors.js";
import { ChannelAnalysis, checkSliced, type PlanSlice, type PrunePlan } from "../channels/index.js";
import type { Model } from "../ir/index.js";
import { constantTensor, type DimsOf } from "../ops/index.js";
import { type SlicedModel, sliceModel } from "./slice.js";

/**
 * Replays a plan on a model with the same graph (another checkpoint, say). Throws a UserError that names tensor, axis
 * and sizes where the graph is another one.
 */
export function applyPlan(model: Model, dims: DimsOf, plan: PrunePlan): SlicedModel {
  checkTensors(model, plan);
  const analysis = new ChannelAnalysis(model, dims, plan.rules);
  const removed = new Uint8Array(analysis.unitCount);
  for (const slice of plan.slices) {
    for (const unit of unitsCut(analysis, slice)) removed[unit] = 1;
  }
  const sliced = sliceModel(model, analysis, removed);
  const [problem] = checkSliced(analysis, sliced.model, removed, sliced.originals, sliced.dims);
  if (problem) throw otherGraph(problem.message);
  if (JSON.stringify(sliced.slices) !== JSON.stringify(plan.slices)) {
    throw otherGraph("cutting the same groups would cut other tensors");
  }
  return sliced;
}

/** The units at the positions that a slice removes. */
function unitsCut(analysis: ChannelAnalysis, slice: PlanSlice): number[] {
  if (slice.tensor === undefined) return [];
  const units: number[] = [];
  for (const holder of analysis.holders) {
    if (holder.constant.name !== (slice.source ?? slice.tensor)) continue;
    if (slice.reader && holder.reader?.outputs.find((value) => value)?.name !== slice.reader) continue;
    for (const block of holder.blocks.values()) {
      if (block.axes.at(-1) !== slice.axis || block.axes.length !== (slice.within ? 2 : 1)) continue;
      const start = (slice.within?.start ?? 0) * (slice.within ? (block.dims[1] ?? 0) : 1);
      for (const at of slice.removed) {
        const unit = analysis.unitOf(block.labels[start + at] ?? -1);
        if (unit < 0)
          throw otherGraph(`${slice.tensor} axis ${slice.axis}: position ${at} cannot be removed here`);
        units.push(unit);
      }
    }
  }
  return units;
}

function checkTensors(model: Model, plan: PrunePlan): void {
  for (const slice of plan.slices) {
    const name = slice.source ?? slice.tensor ?? slice.value ?? "";
    const value = model.graph.find(name);
    if (!value) throw otherGraph(`it has no tensor ${name}`);
    const size = slice.tensor === undefined ? slice.size : constantTensor(value)?.dims[slice.axis];
    const last = Math.max(-1, ...slice.removed);
    if (size === undefined) throw otherGraph(`${name} has no axis ${slice.axis} that could be cut`);
    if (last >= size)
      throw otherGraph(`${name} axis ${slice.axis}: the plan removes position ${last}, the axis has ${size}`);
  }
}

function otherGraph(what: string): UserError {
  return new UserError(
    "plan-mismatch",
    `the plan does not fit this model: ${what}; apply a plan to the model that it was made for, or one with the same graph`,
  );
}
