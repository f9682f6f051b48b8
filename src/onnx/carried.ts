import type { Message, StringStringEntryProto } from "./messages.js";

/**
 * What the IR does not hold of a message, by the message's field names: fields that it does not interpret, unknown
 * fields, required ones that were given though empty, and entry lists of which the IR's map is not the whole truth.
 */
export type Carried = Message & { readonly [field: string]: unknown };

/**
 * The fields of `message` that are not in `read`. Those in `required` (which the IR cannot leave undefined) are
 * carried where they are zero or "", so that the writer can tell present from absent.
 */
export function carry(
  message: Message,
  read: ReadonlySet<string>,
  required?: ReadonlySet<string>,
): Carried | undefined {
  let rest: Record<string, unknown> | undefined;
  for (const field of Object.keys(message)) {
    const value = Reflect.get(message, field);
    if (value === undefined || read.has(field) || (Array.isArray(value) && value.length === 0)) continue;
    if (required?.has(field) && !isZero(value)) continue;
    if (field === "metadataProps" && isWholly(value)) continue;
    rest ??= {};
    rest[field] = value;
  }
  // The decoder hides it from enumeration.
  return message.$unknowns ? { ...rest, $unknowns: message.$unknowns } : rest;
}

/** What the decoder of a message of type M carried. */
export function carriedOf<M extends Message>(part: { readonly carried?: unknown }): Partial<M> | undefined {
  // `carried` is filled by this folder's decoders only, each with fields of its own message.
  return part.carried as Partial<M> | undefined;
}

const EMPTY: ReadonlyMap<string, string> = new Map();

/** Key-value entries as a map; of equal keys the last one counts. */
export function mapOf(entries: readonly StringStringEntryProto[] = []): ReadonlyMap<string, string> {
  if (entries.length === 0) return EMPTY;
  return new Map(entries.map(({ key, value }) => [key ?? "", value ?? ""]));
}

/** Whether the entries' map says all that they say: nothing twice, nothing absent, nothing unknown. */
export function isWholly(entries: readonly StringStringEntryProto[] = []): boolean {
  const plain = ({ key, value, $unknowns }: StringStringEntryProto) =>
    key !== undefined && value !== undefined && !$unknowns;
  return mapOf(entries).size === entries.length && entries.every(plain);
}

/** The entries of a map: the carried ones where the map still says the same, otherwise new ones. */
export function entriesOf(
  map: ReadonlyMap<string, string>,
  carried: readonly StringStringEntryProto[] | undefined,
): readonly StringStringEntryProto[] {
  if (carried && sameMap(mapOf(carried), map)) return carried;
  return Array.from(map, ([key, value]) => ({ key, value }));
}

function isZero(value: unknown): boolean {
  if (typeof value === "object" && value && "low" in value && "high" in value)
    return !value.low && !value.high;
  return value === 0 || value === "";
}

function sameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
