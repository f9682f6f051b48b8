import { createRequire } from "node:module";
import type { ErrorObject, ValidateFunction } from "ajv";
import { messageOf, UserError } from "../base/errors.js";
import type { PrunePlan } from "./plan.js";

/** Longer texts are no plans; one for 100,000 channels has some 10 MB. */
const LONGEST_PLAN = 1 << 28;

const FORMAT: PrunePlan["format"] = "topiary-plan/1";

let validate: ValidateFunction<PrunePlan> | undefined;

/**
 * A plan from its JSON text. `label` is how messages name it. Throws a UserError that names the first field that is not
 * as schemas/plan.schema.json says.
 */
export async function parsePlan(text: string, label: string): Promise<PrunePlan> {
  const plan = parseJson(text, label);
  const format = typeof plan === "object" && plan !== null && "format" in plan ? plan.format : undefined;
  if (format !== FORMAT)
    throw notAPlan(label, `its format is ${shown(format)}, this version of topiary reads "${FORMAT}"`);
  validate ??= await compileSchema();
  if (!validate(plan)) throw notAPlan(label, problemOf(validate.errors?.[0]));
  for (const { removed, ...slice } of plan.slices) {
    if (removed.every((at, i) => i === 0 || at > (removed[i - 1] as number))) continue;
    const name = slice.tensor ?? slice.value ?? "";
    throw notAPlan(label, `the positions removed from ${name} axis ${slice.axis} do not ascend`);
  }
  return plan;
}

/** The schema's compiler is loaded when the first plan is read: no other work needs it. */
async function compileSchema(): Promise<ValidateFunction<PrunePlan>> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const schema: object = createRequire(import.meta.url)("../../schemas/plan.schema.json");
  return new Ajv2020({ verbose: true }).compile<PrunePlan>(schema);
}

function parseJson(text: string, label: string): unknown {
  if (text.length > LONGEST_PLAN) throw notAPlan(label, `its ${text.length} characters are too many for one`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notAPlan(label, messageOf(error));
  }
}

/** ajv's words with the field in front: "/slices/0/axis is -1, must be >= 0". */
function problemOf(error: ErrorObject<string, unknown, unknown> | undefined): string {
  if (!error) return "it does not follow the schema";
  const { instancePath, data, message = "is wrong" } = error;
  const field = instancePath === "" ? "it" : instancePath;
  return typeof data === "object" && data !== null
    ? `${field} ${message}`
    : `${field} is ${shown(data)}, ${message}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "missing";
}

function notAPlan(label: string, what: string): UserError {
  return new UserError("plan-format", `${label} is no pruning plan: ${what}; prune --plan FILE writes one`);
}
