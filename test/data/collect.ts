import type { Dataset } from "../../src/data/index.js";

/** Everything that `batches` gives, one after the other. */
export async function collect(
  dataset: Dataset,
  size = 2,
): Promise<{ x: number[]; y: number[]; sizes: number[] }> {
  const all = { x: [] as number[], y: [] as number[], sizes: [] as number[] };
  for await (const batch of dataset.batches(size)) {
    all.x.push(...batch.x);
    all.y.push(...batch.y);
    all.sizes.push(batch.size);
  }
  return all;
}
