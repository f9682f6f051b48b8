/** How far coordinate descent goes at most; it stops where no weight moves any more. */
const SWEEPS = 2000;
const STILL = 1e-10;

/**
 * Weights, none below 0, with the least Σ (Σ_j w_j·x_ij − y_i)² + ridge·Σ_j w_j² (Lawson and Hanson, 1974, ch. 23; by
 * coordinate descent, which meets the same conditions).
 */
export function nonNegativeFit(
  rows: readonly ArrayLike<number>[],
  targets: readonly number[],
  ridge: number,
): Float64Array {
  const size = rows[0]?.length ?? 0;
  const weights = new Float64Array(size);
  const columns = Array.from({ length: size }, (_, j) => Float64Array.from(rows, (row) => row[j] ?? 0));
  const squares = columns.map((column) => column.reduce((sum, value) => sum + value * value, ridge));
  /** Targets less what the weights give. */
  const rest = Float64Array.from(targets);
  for (let sweep = 0, moved = 1; sweep < SWEEPS && moved > STILL; sweep++) {
    moved = 0;
    columns.forEach((column, j) => {
      const was = weights[j] as number;
      let slope = -ridge * was;
      for (let i = 0; i < rest.length; i++) slope += (column[i] as number) * (rest[i] as number);
      const next = Math.max(0, was + slope / (squares[j] || 1));
      const change = next - was;
      if (change === 0) return;
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - change * (column[i] as number);
      weights[j] = next;
      moved = Math.max(moved, Math.abs(change));
    });
  }
  return weights;
}
