/** Floats as the shortest decimals that read back to the same bits, in the literals of the ONNX text syntax. */

const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Six digits always survive binary32, nine always suffice. */
const FEWEST_DIGITS = 6;
const MOST_DIGITS = 9;

/** A binary64 number. */
export function float64Text(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

/**
 * A binary32 number. Digits are tried in binary64, where a number of at most nine digits over a power of ten up to
 * 10^22 is rounded once, as the reader will round it.
 */
export function float32Text(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return Object.is(value, -0) ? "-0" : String(value);
  if (!Number.isFinite(value)) return float64Text(value);
  const sign = value < 0 ? "-" : "";
  const exponent = Math.floor(Math.log10(size));
  for (let digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
    const scale = digits - 1 - exponent;
    if (scale > 22 || scale < -22) return sign + extremeText(size);
    const power = POWERS[Math.abs(scale)] ?? 1;
    const decimal = Math.round(scale >= 0 ? size * power : size / power);
    if (isRead(scale >= 0 ? decimal / power : decimal * power, size)) return sign + placed(decimal, scale);
  }
  return sign + extremeText(size);
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

/** `digits / 10^scale` as text. */
function placed(digits: number, scale: number): string {
  let whole = digits;
  let places = scale;
  while (places > 0 && whole % 10 === 0) {
    whole /= 10;
    places--;
  }
  const text = String(whole);
  if (places <= 0) return `${text}${places < 0 ? `e${-places}` : ""}`;
  if (places < text.length) return `${text.slice(0, -places)}.${text.slice(-places)}`;
  if (places < text.length + 4) return `0.${"0".repeat(places - text.length)}${text}`;
  return `${text.slice(0, 1)}${text.length > 1 ? "." : ""}${text.slice(1)}e-${places - text.length + 1}`;
}

/** For sizes whose power of ten is not exact in binary64. */
function extremeText(size: number): string {
  for (let digits = FEWEST_DIGITS; digits < MOST_DIGITS; digits++) {
    const decimal = Number(size.toPrecision(digits));
    if (isRead(decimal, size)) return String(decimal);
  }
  return String(Number(size.toPrecision(MOST_DIGITS)));
}
