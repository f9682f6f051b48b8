/** Calls `add` for each pair, in any order that is the same each time. */
type EachPair = (add: (thing: number, index: number) => void) => void;

/** For each of a number of things a list of indices; all lists lie in one array. */
export class Incidence {
  private constructor(
    readonly starts: Int32Array,
    readonly indices: Int32Array,
  ) {}

  /** The lists for things 0 to `count` - 1. */
  static of(count: number, eachPair: EachPair): Incidence {
    const starts = new Int32Array(count + 1);
    eachPair((thing) => {
      starts[thing + 1] = (starts[thing + 1] as number) + 1;
    });
    for (let thing = 0; thing < count; thing++)
      starts[thing + 1] = (starts[thing + 1] as number) + (starts[thing] as number);
    const indices = new Int32Array(starts[count] as number);
    const next = starts.slice();
    eachPair((thing, index) => {
      const at = next[thing] as number;
      indices[at] = index;
      next[thing] = at + 1;
    });
    return new Incidence(starts, indices);
  }

  /** The list of one thing, a view. */
  at(thing: number): Int32Array {
    return this.indices.subarray(this.starts[thing] as number, this.starts[thing + 1] as number);
  }
}
