import { isDigit, type Scanner } from "./scanner.js";

/**
 * Takes one number of a list: its value as a double, whether it was written as a float, and where it stands, for
 * integers that a double cannot hold.
 */
export type TakeNumber = (value: number, float: boolean, start: number, end: number) => void;

const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const EXACT = 2 ** 53;

/**
 * Reads `number, number, ...` up to `close` (taken too). Weights are millions of numbers, so the common ones are read
 * here from bytes: digits below 2^53 times or over a power of ten up to 10^22 is exact in IEEE 754 (Clinger, "How to
 * read floating point numbers accurately", 1990).
 */
export function readNumbers(scanner: Scanner, close: string, take: TakeNumber): void {
  if (scanner.accept(close)) return;
  do {
    const start = scanner.here();
    if (!readQuickly(scanner, take)) {
      const { text, float } = scanner.number("a number");
      take(numberOf(text), float, start, scanner.offset);
    }
  } while (scanner.accept(","));
  scanner.expect(close, "after the numbers");
}

/** The double that a literal of the syntax stands for. */
export function numberOf(text: string): number {
  const special = /^(-?)(nan|inf)/i.exec(text);
  if (!special) return Number(text);
  if (special[2]?.toLowerCase() === "nan") return Number.NaN;
  return special[1] ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Reads numbers while they are plain ones with single commas between; false where it read none. */
function readQuickly(scanner: Scanner, take: TakeNumber): boolean {
  const { bytes } = scanner;
  let at = scanner.offset;
  let taken = false;
  for (;;) {
    const start = at;
    const negative = bytes[at] === 45;
    if (negative) at++;
    let digits = 0;
    let count = 0;
    let scale = 0;
    let float = false;
    for (; ; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= 48 && byte <= 57) {
        digits = digits * 10 + (byte - 48);
        count++;
        if (float) scale++;
      } else if (byte === 46 && !float && count > 0) float = true;
      else break;
    }
    if (count === 0 || digits > EXACT) break;
    if (bytes[at] === 101 || bytes[at] === 69) {
      float = true;
      const sign = bytes[at + 1];
      let end = at + (sign === 45 || sign === 43 ? 2 : 1);
      let exponent = 0;
      const from = end;
      for (; end < from + 4; end++) {
        const byte = bytes[end] ?? 0;
        if (byte < 48 || byte > 57) break;
        exponent = exponent * 10 + (byte - 48);
      }
      if (end === from || isDigit(bytes[end] ?? 0)) break;
      scale += sign === 45 ? exponent : -exponent;
      at = end;
    }
    if (scale > 22 || scale < -22) break;
    const size = scale >= 0 ? digits / (POWERS[scale] ?? 1) : digits * (POWERS[-scale] ?? 1);
    take(negative ? -size : size, float, start, at);
    taken = true;
    scanner.offset = at;
    if (bytes[at] !== 44) break;
    at++;
    while (bytes[at] === 32 || bytes[at] === 10) at++;
  }
  return taken;
}
