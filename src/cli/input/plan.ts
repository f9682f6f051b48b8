import { readFileSync } from "node:fs";
import { messageOf, UserError } from "../../base/errors.js";
import { type PrunePlan, parsePlan } from "../../channels/index.js";
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
