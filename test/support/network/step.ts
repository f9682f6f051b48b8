import type { Choose, Net, Wire } from "./net.js";

/** A step adds nodes to a network; where nothing fits it adds none. */
export type Step = (net: Net, choose: Choose) => void;

export const MOST_CHANNELS = 16;
export const MOST_PLACES = 8;

export function isSmallMap([channels = 0, height = 0, width = 0]: readonly number[]): boolean {
  return channels <= MOST_CHANNELS && height <= MOST_PLACES && width <= MOST_PLACES;
}

/** An earlier feature map; the input of the graph at worst. */
export function pickMap(net: Net, choose: Choose): Wire {
  return net.pick(choose, 3) as Wire;
}

/** All places of a map as a sequence of tokens, whose features are the channels. */
export function tokensOf(net: Net, { name, dims }: Wire): Wire {
  const [c, h, w] = dims as [number, number, number];
  const rows = net.node("Reshape", [name, net.integers([0, c, h * w])]);
  return net.push(net.node("Transpose", [rows], "perm = [0, 2, 1]"), [h * w, c]);
}

/** A sequence of tokens: an earlier one, or the places of a map. */
export function pickTokens(net: Net, choose: Choose): Wire {
  return net.pick(choose, 2) ?? tokensOf(net, pickSmallMap(net, choose));
}

/** A map of at most 16 places, where there is one. */
export function pickSmallMap(net: Net, choose: Choose): Wire {
  return net.pick(choose, 3, ([, h = 0, w = 0]) => h * w <= 16) ?? pickMap(net, choose);
}

export function divisorsOf(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((each) => n % each === 0);
}
