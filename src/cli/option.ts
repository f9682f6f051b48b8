import { UserError } from "../base/errors.js";

/** One flag of a command: how it is written, what `--help` says of it, and how its text becomes a value. */
export interface Option<T> {
  /** Stands behind the flag in `--help`: `N`, `FILE`, …; a flag that is merely on or off has none. */
  readonly placeholder?: string;
  readonly about: string;
  /** One letter, without the dash. */
  readonly short?: string;
  readonly fallback?: T;
  readonly required?: true;
  /** A file is written here, so that "-" means standard output; `--json` wants that for itself. */
  readonly writes?: true;
  /** `flag` is for messages; `previous` is what an earlier use of the same flag gave. */
  parse(text: string, flag: string, previous: T | undefined): T;
}

/** Limits of a number, both included. */
interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** The kinds of flags. A flag is named after its key: `bestEffort` is written `--best-effort`. */
export const option = {
  flag: (about: string): Option<boolean> => ({ about, fallback: false, parse: () => true }),

  text: (placeholder: string, about: string): Option<string | undefined> => ({
    placeholder,
    about,
    parse: (text) => text,
  }),

  /** Where a file is written; "-" is standard output. */
  output: (about: string): Option<string | undefined> => ({ ...option.text("FILE", about), writes: true }),

  number: (placeholder: string, about: string, limits: Limits = {}): Option<number | undefined> => ({
    placeholder,
    about,
    parse: (text, flag) => numberIn(limits, text, flag),
  }),

  integer: (placeholder: string, about: string, limits: Limits = {}): Option<number | undefined> => ({
    placeholder,
    about,
    parse: (text, flag) => integerIn(limits, text, flag),
  }),

  /** Numbers between commas, as in `--mean 0.5,0.4,0.3`. */
  numbers: (placeholder: string, about: string): Option<readonly number[] | undefined> => ({
    placeholder,
    about,
    parse: (text, flag) => text.split(",").map((part) => numberIn({}, part, flag)),
  }),

  choice: <const T extends string>(choices: readonly T[], about: string): Option<T | undefined> => ({
    placeholder: choices.join("|"),
    about,
    parse: (text, flag) => oneOf(choices, text, flag),
  }),

  /** May be given several times; the command gets all values in order. */
  list: (placeholder: string, about: string): Option<readonly string[]> => ({
    placeholder,
    about: `${about} (repeatable)`,
    fallback: [],
    parse: (text, _flag, previous) => [...(previous ?? []), text],
  }),
};

/** The same flag, which must be given. */
export function required<T>(flag: Option<T>): Option<Exclude<T, undefined>> {
  return { ...(flag as Option<Exclude<T, undefined>>), required: true };
}

/** The same flag with the value that holds when it is not given. */
export function byDefault<T>(
  flag: Option<T>,
  fallback: Exclude<T, undefined>,
): Option<Exclude<T, undefined>> {
  return { ...(flag as Option<Exclude<T, undefined>>), fallback };
}

/** The same flag with a one-letter form: `short("o", …)` is `-o`. */
export function short<T>(letter: string, flag: Option<T>): Option<T> {
  return { ...flag, short: letter };
}

function numberIn({ min = -Infinity, max = Infinity }: Limits, text: string, flag: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  throw new UserError("usage", `${flag} wants a number${rangeText(min, max)}; got "${text}"`);
}

function integerIn({ min = -Infinity, max = Infinity }: Limits, text: string, flag: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new UserError("usage", `${flag} wants a whole number${rangeText(min, max)}; got "${text}"`);
}

function rangeText(min: number, max: number): string {
  if (max === Infinity) return min === -Infinity ? "" : ` of at least ${min}`;
  return min === -Infinity ? ` of at most ${max}` : ` from ${min} to ${max}`;
}

function oneOf<const T extends string>(choices: readonly T[], text: string, flag: string): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UserError("usage", `${flag} takes ${choices.join(", ")}; got "${text}"`);
}
