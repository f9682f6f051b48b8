/** A dense matrix in row-major order. */
export interface Matrix {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** What one result reads: places of the input, each with a weight. */
export type Reads = readonly { readonly place: number; readonly weight: number }[];

/** The matrix of a linear map along one axis: row i holds what result i reads of an axis of `size`. */
export function axisMap(results: readonly Reads[], size: number): Matrix {
  const values = new Float64Array(results.length * size);
  results.forEach((reads, row) => {
    for (const { place, weight } of reads)
      values[row * size + place] = (values[row * size + place] ?? 0) + weight;
  });
  return { values, rows: results.length, columns: size };
}
