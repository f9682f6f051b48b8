import { createHash } from "node:crypto";
import type { PrunePlan } from "../channels/index.js";
import type { Model } from "../ir/index.js";

/** A plan as it is written to a file; `sha256sum` of that file is the hash in the model's metadata. */
export function planText(plan: PrunePlan): string {
  return JSON.stringify(plan);
}

/** Leaves tool version and plan hash under the metadata key "topiary", so that a later diff can find the plan. */
export function stampPlan(model: Model, plan: PrunePlan, version = "0"): void {
  const hash = createHash("sha256").update(planText(plan)).digest("hex");
  model.metadata = new Map([...model.metadata, ["topiary", JSON.stringify({ version, plan: hash })]]);
}
