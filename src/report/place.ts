/**
 * Centres for items that stand side by side in their order, as near as can be to where they want to be (least squares):
 * runs of items that would overlap become one block at their mean, from left to right (pool adjacent violators). Linear.
 */
export function placeInRow(wanted: readonly number[], widths: readonly number[], gap: number): number[] {
  const blocks: { first: number; sum: number; count: number }[] = [];
  const shift: number[] = [];
  let at = 0;
  for (const [index, width] of widths.entries()) {
    at += width / 2;
    shift.push(at);
    // Where the run's first item would be, if this one were where it wants to be.
    let block = { first: index, sum: (wanted[index] as number) - at, count: 1 };
    at += width / 2 + gap;
    for (let last = blocks.at(-1); last && last.sum / last.count >= block.sum / block.count; ) {
      block = { first: last.first, sum: last.sum + block.sum, count: last.count + block.count };
      blocks.pop();
      last = blocks.at(-1);
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ first, sum, count }) =>
    Array.from({ length: count }, (_, i) => sum / count + (shift[first + i] as number)),
  );
}
