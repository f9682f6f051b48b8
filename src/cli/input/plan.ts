import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { messageOf, UserError } from "../../base/errors.js";
import { type PrunePlan, parsePlan } from "../../channels/index.js";
import type { Model } from "../../ir/index.js";
import { planText } from "../../rewrite/index.js";
import type { Io } from "../io.js";

/** The plan in a file, "-" being standard input. Throws a UserError where there is none. */
export async function readPlan(path: string, io: Io): Promise<PrunePlan> {
  if (path === "-")
    return parsePlan(new TextDecoder().decode(await io.readStandardInput()), "standard input");
  return parsePlan(contentOf(path), path);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError("plan-not-readable", `cannot read the plan ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Throws a UserError where a pruned model names another plan. */
export function checkPlanOf(model: Model, plan: PrunePlan, label: string): void {
  if (!namesOtherPlan(model, plan)) return;
  const [named, given] = [stampOf(model), hashOf(plan)].map((hash) => `${hash?.slice(0, 12)}…`);
  throw new UserError(
    "plan-model",
    `${label} was pruned by the plan ${named}, the given one is ${given}; give that plan, or none`,
  );
}

/** Whether a pruned model's metadata names another plan; a model that was changed since may name none. */
export function namesOtherPlan(model: Model, plan: PrunePlan): boolean {
  const stamp = stampOf(model);
  return stamp !== undefined && stamp !== hashOf(plan);
}

function stampOf({ metadata }: Model): string | undefined {
  return /"plan":"([0-9a-f]{64})"/.exec(metadata.get("topiary") ?? "")?.[1];
}

function hashOf(plan: PrunePlan): string {
  return createHash("sha256").update(planText(plan)).digest("hex");
}
