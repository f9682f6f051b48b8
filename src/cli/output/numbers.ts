/** A count as people read it: 125.5 M, 40.6 k, 12. */
export function countText(count: number): string {
  return scaled(count, ["", "k", "M", "G", "T"], 1000);
}

/** Bytes as people read them: 3.43 MB. */
export function bytesText(bytes: number): string {
  return scaled(bytes, ["B", "kB", "MB", "GB", "TB"], 1000);
}

/** A share as percent: 50.0 %. */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** Milliseconds with three digits. */
export function msText(ms: number): string {
  return `${ms < 100 ? ms.toPrecision(3) : ms.toFixed(0)} ms`;
}

function scaled(value: number, units: readonly string[], step: number): string {
  let rest = value;
  let at = 0;
  // 999.6 would be shown as 1000.
  while (Math.abs(rest) >= step * 0.9995 && at < units.length - 1) {
    rest /= step;
    at++;
  }
  const digits =
    at === 0 ? String(Math.round(rest)) : Number(rest.toPrecision(rest < 100 ? 3 : 4)).toString();
  return `${digits} ${units[at]}`.trimEnd();
}
