/** How long a layer took at widths of one multiple; several of a layer and a multiple count together. */
export interface WidthTiming {
  readonly layer: string;
  /** How much the layer counts beside others. */
  readonly share: number;
  readonly multiple: number;
  readonly products: number;
  /** Milliseconds, measured twice independently. */
  readonly ms: readonly [number, number];
}

/** What widths of one multiple cost. */
export interface MultipleCost {
  readonly multiple: number;
  /**
   * Time, over what the layer's other times let expect for so many products, relative to the best multiple: 1.2 is a
   * fifth slower. Mean over the layers by their shares.
   */
  readonly slowdown: number;
}

export interface MultipleChoice {
  readonly multiple: number;
  /** From the better of both measurements. */
  readonly costs: readonly MultipleCost[];
  /** What each measurement alone would choose. */
  readonly alone: readonly [number, number];
  /** By how much of the time the two measurements differ; mean over all timings. */
  readonly noise: number;
}

/** Widths that are slower by no more than this are as good: a smaller multiple leaves more widths to choose from. */
const AS_GOOD = 1.05;

/** The smallest multiple whose widths are about as fast, for their products, as the best; 1 where nothing was timed. */
export function fastMultiple(timings: readonly WidthTiming[]): MultipleChoice {
  const costs = costsOf(timings, ([first, second]) => Math.min(first, second));
  const differences = timings.map(
    ({ ms: [first, second] }) => Math.abs(first - second) / Math.min(first, second),
  );
  return {
    multiple: smallestGood(costs),
    costs,
    alone: [
      smallestGood(costsOf(timings, ([first]) => first)),
      smallestGood(costsOf(timings, ([, second]) => second)),
    ],
    noise: differences.reduce((sum, each) => sum + each, 0) / Math.max(1, differences.length),
  };
}

function smallestGood(costs: readonly MultipleCost[]): number {
  const best = Math.min(...costs.map(({ slowdown }) => slowdown));
  return costs.find(({ slowdown }) => slowdown <= AS_GOOD * best)?.multiple ?? 1;
}

/** By ascending multiple. A layer too narrow for a multiple says nothing about it. */
function costsOf(timings: readonly WidthTiming[], msOf: (ms: WidthTiming["ms"]) => number): MultipleCost[] {
  const multiples = [...new Set(timings.map(({ multiple }) => multiple))].sort((a, b) => a - b);
  const sums = new Map(multiples.map((multiple) => [multiple, { slowdown: 0, share: 0 }]));
  for (const layer of new Set(timings.map((each) => each.layer))) {
    const own = timings.filter((each) => each.layer === layer);
    const expected = straightLine(own.map(({ products, ms }) => [products, msOf(ms)]));
    const ratios = new Map(
      multiples.flatMap((multiple) => {
        const group = own.filter((each) => each.multiple === multiple);
        const ratio = group.reduce((sum, { products, ms }) => sum + msOf(ms) / expected(products), 0);
        return group.length === 0 ? [] : [[multiple, ratio / group.length] as const];
      }),
    );
    const best = Math.min(...ratios.values());
    const share = own[0]?.share ?? 0;
    for (const [multiple, ratio] of ratios) {
      const sum = sums.get(multiple);
      if (!sum) continue;
      sum.slowdown += (share * ratio) / best;
      sum.share += share;
    }
  }
  return [...sums].map(([multiple, { slowdown, share }]) => ({ multiple, slowdown: slowdown / share }));
}

/**
 * The time for a number of products by a straight line through all points (least squares): what a run costs beside its
 * products is no fault of the width. Proportional where the points make no such line.
 */
function straightLine(points: readonly (readonly [number, number])[]): (products: number) => number {
  const sum = (of: (x: number, y: number) => number) => points.reduce((total, [x, y]) => total + of(x, y), 0);
  const [x, y] = [sum((each) => each) / points.length, sum((_, each) => each) / points.length];
  const spread = sum((each) => (each - x) ** 2);
  const slope = spread > 0 ? sum((each, time) => (each - x) * (time - y)) / spread : 0;
  const base = y - slope * x;
  return slope > 0 && base >= 0 ? (products) => base + slope * products : (products) => (y / x) * products;
}
