import { UserError } from "../base/errors.js";
import { type DatasetKind, type DatasetSpec, datasetKinds } from "./dataset-spec.js";

/** What a field of a description must be, in words and as a test, and which kinds have it. */
interface Field {
  readonly expected: string;
  accepts(value: unknown): boolean;
  readonly kinds: readonly DatasetKind[];
}

const everyKind = datasetKinds;
const onDisk = datasetKinds.filter((kind) => kind !== "digits");

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isPositive = (value: unknown): value is number => isNumber(value) && value > 0;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && isPositive(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const listOf = (accepts: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every(accepts);
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);

/** Every field of a description; schemas/dataset.schema.json says the same to editors. */
export const specFields: ReadonlyMap<string, Field> = new Map<string, Field>([
  [
    "kind",
    { expected: `one of ${datasetKinds.join(", ")}`, accepts: isOneOf(...datasetKinds), kinds: everyKind },
  ],
  ["path", { expected: "a path", accepts: isText, kinds: onDisk }],
  ["mean", { expected: "a list of numbers", accepts: listOf(isNumber), kinds: everyKind }],
  ["std", { expected: "a list of numbers above 0", accepts: listOf(isPositive), kinds: everyKind }],
  ["scale", { expected: "a number above 0", accepts: isPositive, kinds: everyKind }],
  ["limit", { expected: "a whole number above 0", accepts: isCount, kinds: everyKind }],
  ["classes", { expected: "a list of names", accepts: listOf(isText), kinds: onDisk }],
  ["labelSet", { expected: "fine or coarse", accepts: isOneOf("fine", "coarse"), kinds: ["cifar100"] }],
  ["size", { expected: "a whole number or [height, width]", accepts: isSize, kinds: ["images"] }],
  ["resize", { expected: "a whole number above 0", accepts: isCount, kinds: ["images"] }],
  ["channels", { expected: "1 or 3", accepts: isOneOf(1, 3), kinds: ["images"] }],
  ["labels", { expected: "a path", accepts: isText, kinds: ["images"] }],
  ["x", { expected: "the name of an array", accepts: isText, kinds: ["npz"] }],
  ["y", { expected: "the name of an array", accepts: isText, kinds: ["npz"] }],
  ["layout", { expected: "nchw or nhwc", accepts: isOneOf("nchw", "nhwc"), kinds: ["npz"] }],
  ["holdout", { expected: "a number from 0 to 1", accepts: isShare, kinds: ["images", "npz"] }],
]);

function isSize(value: unknown): boolean {
  return isCount(value) || (Array.isArray(value) && value.length === 2 && value.every(isCount));
}

function isShare(value: unknown): boolean {
  return isNumber(value) && value >= 0 && value <= 1;
}

/** Throws a UserError that names the field, what it is and what it must be, unless `value` is a DatasetSpec. */
export function assertSpec(value: unknown, where: string): asserts value is DatasetSpec {
  const fail = (what: string): never => {
    throw new UserError("data-spec", `${where}: ${what}`);
  };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail("must be a mapping with a kind");
  const entries = new Map<string, unknown>(Object.entries(value));
  const kind = datasetKinds.find((known) => known === entries.get("kind"));
  if (!kind) return fail(`kind is ${show(entries.get("kind"))}, must be one of ${datasetKinds.join(", ")}`);
  for (const [name, given] of entries) {
    const field = specFields.get(name);
    if (!field?.kinds.includes(kind)) {
      const known = [...specFields].filter(([, { kinds }]) => kinds.includes(kind)).map(([key]) => key);
      return fail(`${name} is no field of kind ${kind}; it has ${known.join(", ")}`);
    }
    if (given !== undefined && !field.accepts(given))
      fail(`${name} is ${show(given)}, must be ${field.expected}`);
  }
  if (kind !== "digits" && entries.get("path") === undefined) fail(`kind ${kind} needs a path`);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "missing";
}
