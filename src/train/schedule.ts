/** How the learning rate goes over a run, as a factor of its peak. */
export interface Schedule {
  readonly kind: "constant" | "cosine" | "step" | "one-cycle";
  /** Steps at the start in which it rises linearly from zero; a fifth of the run at most. one-cycle rises for 0.3 of it. */
  readonly warmup?: number;
  /** step: shares of the run after which it falls to a tenth. */
  readonly milestones?: readonly number[];
}

/** The factor at `step` (from 0) of `steps`. */
export function scheduleFactor(
  { kind, warmup = 0, milestones = [0.5, 0.75] }: Schedule,
  step: number,
  steps: number,
): number {
  const rising = kind === "one-cycle" ? Math.round(0.3 * steps) : Math.min(warmup, Math.floor(0.2 * steps));
  if (step < rising) return (step + 1) / rising;
  const done = (step - rising) / Math.max(1, steps - rising);
  switch (kind) {
    case "constant":
      return 1;
    case "step":
      return 0.1 ** milestones.filter((share) => step >= share * steps).length;
    default: // Both fall as half a cosine wave (Loshchilov and Hutter, 2017).
      return 0.5 * (1 + Math.cos(Math.PI * done));
  }
}
