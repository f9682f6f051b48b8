/**
 * A seed for one purpose, such as the noise of step 17: random numbers then depend on counters, and nothing of a
 * generator has to be kept to go on later. FNV-1a over the seed and the parts.
 */
export function streamOf(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of [seed, ...parts].join("/")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
