import { invariant } from "../base/errors.js";

/**
 * Solves A · X = B for symmetric positive definite A [n, n] and B [n, m], all row-major, by Cholesky's decomposition; B
 * becomes X. A is overwritten.
 */
export function solveSymmetric(a: Float64Array, n: number, b: Float64Array, m: number): void {
  const at = (matrix: Float64Array, i: number) => matrix[i] ?? 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = at(a, i * n + j);
      for (let k = 0; k < j; k++) sum -= at(a, i * n + k) * at(a, j * n + k);
      if (i === j) invariant(sum > 0, "the normal equations are not positive definite");
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / at(a, j * n + j);
    }
  }
  for (let column = 0; column < m; column++) {
    for (let i = 0; i < n; i++) {
      let sum = at(b, i * m + column);
      for (let k = 0; k < i; k++) sum -= at(a, i * n + k) * at(b, k * m + column);
      b[i * m + column] = sum / at(a, i * n + i);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = at(b, i * m + column);
      for (let k = i + 1; k < n; k++) sum -= at(a, k * n + i) * at(b, k * m + column);
      b[i * m + column] = sum / at(a, i * n + i);
    }
  }
}
