/** A step as returns see it. */
export interface ReturnStep {
  readonly reward: number;
  readonly terminated: boolean;
  /** The episode does not go on in the next step of the list. */
  readonly isLast: boolean;
  /** What the state after it is worth; read where the episode was cut off. */
  readonly nextValue: number;
}

/** Discounted sums of rewards to the end of each episode; where it was cut off, what comes after is taken at its value. */
export function returnsOf(steps: readonly ReturnStep[], discount: number): Float64Array {
  const returns = new Float64Array(steps.length);
  let after = 0;
  for (let i = steps.length - 1; i >= 0; i--) {
    const { reward, terminated, isLast, nextValue } = steps[i] as ReturnStep;
    if (terminated) after = 0;
    else if (isLast) after = nextValue;
    after = reward + discount * after;
    returns[i] = after;
  }
  return returns;
}

/** Mean and deviation; 1 where all numbers are equal. */
export function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}
