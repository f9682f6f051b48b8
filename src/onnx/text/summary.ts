import { createHash } from "node:crypto";
import { UserError } from "../../base/errors.js";
import { DataType, numbersOf, rawBytes, statisticsOf, type Tensor } from "../../ir/index.js";

const HASH_DIGITS = 8;

/** The longest tensor that is shown with its elements. */
const LONGEST_SHOWN = 16;

/** Types whose elements the text syntax writes as bit patterns. */
const PATTERNS: ReadonlySet<DataType> = new Set([
  DataType.FLOAT16,
  DataType.BFLOAT16,
  DataType.FLOAT8E4M3FN,
  DataType.FLOAT8E4M3FNUZ,
  DataType.FLOAT8E5M2,
  DataType.FLOAT8E5M2FNUZ,
  DataType.FLOAT8E8M0,
  DataType.UINT4,
  DataType.INT4,
  DataType.FLOAT4E2M1,
  DataType.UINT2,
  DataType.INT2,
]);

/**
 * A tensor's elements in a few words for people and diffs: the start of the SHA-256 of the raw bytes, then over all
 * elements that are no NaN the mean, the standard deviation (of the population), the extremes and the L2 norm.
 */
export function summaryOf(tensor: Tensor): string {
  if (tensor.content.kind === "strings") return `${hashOf(tensor.content.values)} strings`;
  return attempt(() => [hashOf([rawBytes(tensor)]), ...statistics(tensor)].join(" "));
}

/** A short tensor in the form in which people are shown it; undefined where a summary says more. */
export function shownTensor(tensor: Tensor): Tensor | undefined {
  const { content, elements } = tensor;
  if (elements > LONGEST_SHOWN || content.kind === "external" || content.kind === "empty") return undefined;
  if (content.kind === "strings") return tensor.dataType === DataType.STRING ? tensor : undefined;
  try {
    return tensor.with({ content: { kind: "raw", bytes: rawBytes(tensor) } });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** A short tensor's elements as numbers, where the text syntax writes bit patterns; otherwise "". */
export function decodedText(tensor: Tensor): string {
  if (!PATTERNS.has(tensor.dataType)) return "";
  return attempt(() => Array.from(numbersOf(tensor)).join(", "));
}

/** A text, or why there is none: data that is missing or damaged. */
function attempt(text: () => string): string {
  try {
    return text();
  } catch (error) {
    if (error instanceof UserError) return `(${error.message})`;
    throw error;
  }
}

function hashOf(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, HASH_DIGITS);
}

function statistics(tensor: Tensor): string[] {
  if (tensor.dataType === DataType.COMPLEX64 || tensor.dataType === DataType.COMPLEX128) return [];
  const found = statisticsOf(tensor);
  const nan = found?.nan ?? tensor.elements;
  const { mean, std, min, max, l2 } = found ?? {};
  const shown = Object.entries({ mean, std, min, max, l2 }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${Number(value.toPrecision(4))}`],
  );
  return [...shown, ...(nan > 0 ? [`nan=${nan}`] : [])];
}
