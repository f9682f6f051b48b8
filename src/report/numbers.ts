/** A count as people read it: 125.5 M, 40.6 k, 12. */
export function countText(count: number): string {
  return scaled(count, ["", "k", "M", "G", "T"]);
}

/** Bytes as people read them: 3.43 MB. */
export function bytesText(bytes: number): string {
  return scaled(bytes, ["B", "kB", "MB", "GB", "TB"]);
}

/** A share as percent: 50.0 %. */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Four digits that count. */
export function digitsText(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function scaled(value: number, units: readonly string[]): string {
  let rest = value;
  let at = 0;
  // 999.6 would be shown as 1000.
  while (Math.abs(rest) >= 999.5 && at < units.length - 1) {
    rest /= 1000;
    at++;
  }
  const digits =
    at === 0 ? String(Math.round(rest)) : Number(rest.toPrecision(rest < 100 ? 3 : 4)).toString();
  return `${digits} ${units[at]}`.trimEnd();
}
