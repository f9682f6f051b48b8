/**
 * Floats in the literals of the ONNX text syntax: the shortest decimals that are read back to the same bits. Subnormal
 * numbers, which need fewer than six digits, may have six.
 */

const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Six digits always survive binary32, nine always suffice. */
const FEWEST_DIGITS = 6;
const MOST_DIGITS = 9;
/** So many zeros after the point, and one more, are written as an exponent. */
export const MOST_ZEROS = 4;

/** A binary64 number. */
export function float64Text(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

/** A binary32 number. */
export function float32Text(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return Object.is(value, -0) ? "-0" : String(value);
  if (!Number.isFinite(value)) return float64Text(value);
  const found: Decimal = { digits: 0, scale: 0 };
  const text = findDecimal(size, found) ? decimalText(found) : extremeText(size);
  return value < 0 ? `-${text}` : text;
}

/** `digits / 10^scale` */
export interface Decimal {
  digits: number;
  scale: number;
}

/**
 * Puts the decimal that is read as the binary32 number `size` > 0 into `found`; false where it needs powers of ten that
 * binary64 does not have. Digits are tried in binary64, where a number of at most nine digits over a power of
 * ten up to 10^22 is rounded once, as the reader will round it.
 */
export function findDecimal(size: number, found: Decimal): boolean {
  const exponent = Math.floor(Math.log10(size));
  for (let count = FEWEST_DIGITS; count <= MOST_DIGITS; count++) {
    let scale = count - 1 - exponent;
    if (scale > 22 || scale < -22) return false;
    const power = POWERS[Math.abs(scale)] ?? 1;
    let digits = Math.round(scale >= 0 ? size * power : size / power);
    if (!isRead(scale >= 0 ? digits / power : digits * power, size)) continue;
    for (; digits % 10 === 0; scale--) digits /= 10;
    found.digits = digits;
    found.scale = scale;
    return true;
  }
  return false;
}

/**
 * Whether a decimal whose binary64 value is `decimal` is read as the binary32 number `size`. Not where it lies between
 * two of them: then the digits that binary64 lost decide.
 */
function isRead(decimal: number, size: number): boolean {
  if (Math.fround(decimal) !== size) return false;
  const mirrored = 2 * decimal - size;
  return decimal === size || Math.fround(mirrored) !== mirrored;
}

function decimalText({ digits, scale }: Decimal): string {
  const text = String(digits);
  if (scale <= 0) return `${text}${scale < 0 ? `e${-scale}` : ""}`;
  if (scale < text.length) return `${text.slice(0, -scale)}.${text.slice(-scale)}`;
  if (scale < text.length + MOST_ZEROS) return `0.${"0".repeat(scale - text.length)}${text}`;
  return `${text.slice(0, 1)}${text.length > 1 ? "." : ""}${text.slice(1)}e-${scale - text.length + 1}`;
}

/** For sizes whose power of ten is not exact in binary64. */
function extremeText(size: number): string {
  for (let digits = FEWEST_DIGITS; digits < MOST_DIGITS; digits++) {
    const decimal = Number(size.toPrecision(digits));
    if (isRead(decimal, size)) return String(decimal);
  }
  return String(Number(size.toPrecision(MOST_DIGITS)));
}
