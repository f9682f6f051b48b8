import type { Random } from "../../base/random.js";

/** Draws until it hits; beyond so many draws the bound nearest to the mean is as good. */
const DRAWS = 1000;

/** A normal number that lies in [low, high], by rejection (AMC's exploration noise). */
export function truncatedNormal(
  random: Random,
  mean: number,
  deviation: number,
  low: number,
  high: number,
): number {
  for (let i = 0; i < DRAWS; i++) {
    const value = mean + deviation * random.normal();
    if (value >= low && value <= high) return value;
  }
  return Math.min(Math.max(mean, low), high);
}
