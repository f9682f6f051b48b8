import { placeInRow } from "./place.js";

/** Vertices 0 … widths.length - 1 with the edges between them; -1 is the entry as a source, the exit as a target. */
export interface FlatGraph {
  readonly widths: readonly number[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  /** Where edges go round in a circle, the vertex with the least number comes first. */
  readonly priority: readonly number[];
}

/** Where each vertex stands, and where each edge crosses the rows between its ends. */
export interface Layers {
  readonly rows: number;
  readonly row: readonly number[];
  /** Centres; 0 is the middle of the entry. */
  readonly x: readonly number[];
  /** In the order of the edges. */
  readonly bends: readonly (readonly number[])[];
}

const GAP = 24;
const BEND_WIDTH = 10;

/** Edges that cross more rows than this go straight: their bends would outnumber the boxes. */
const LONGEST_BENT = 400;
const MOST_BENDS = 20_000;

const SWEEPS = 4;

/**
 * A layered drawing (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981):
 * rows by longest path, order in rows by barycentres, positions by neighbours' means. Cycles, which damaged graphs may
 * have, are cut. Near linear in vertices and edges.
 */
export function layOut(graph: FlatGraph): Layers {
  const order = acyclicOrder(graph);
  const row = rowsOf(graph, order);
  const drawing = new Drawing(graph, row, order);
  drawing.untangle();
  return drawing.positions();
}

/** Every vertex once, producers first; where a cycle leaves none, the one that comes first by its priority. */
function acyclicOrder({ widths, edges, priority }: FlatGraph): number[] {
  const missing = new Int32Array(widths.length);
  const readers = widths.map((): number[] => []);
  for (const [from, to] of edges) {
    if (from < 0 || to < 0) continue;
    missing[to] = (missing[to] as number) + 1;
    readers[from]?.push(to);
  }
  const done = new Uint8Array(widths.length);
  const order: number[] = [];
  const visit = (start: number) => {
    const ready = [start];
    done[start] = 1;
    for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
      order.push(at);
      for (const reader of readers[at] ?? []) {
        missing[reader] = (missing[reader] as number) - 1;
        if (missing[reader] !== 0 || done[reader]) continue;
        done[reader] = 1;
        ready.push(reader);
      }
    }
  };
  widths.forEach((_, vertex) => {
    if (!done[vertex] && missing[vertex] === 0) visit(vertex);
  });
  const inTurn = [...widths.keys()].sort((a, b) => (priority[a] as number) - (priority[b] as number));
  for (const vertex of inTurn) if (!done[vertex]) visit(vertex);
  return order;
}

/** Row 0 and the last one are the entry's and the exit's own. */
function rowsOf({ widths, edges }: FlatGraph, order: readonly number[]): Int32Array {
  const place = new Int32Array(widths.length);
  order.forEach((vertex, index) => {
    place[vertex] = index;
  });
  const row = new Int32Array(widths.length).fill(1);
  const out = widths.map((): number[] => []);
  const hasSource = new Uint8Array(widths.length);
  for (const [from, to] of edges) {
    if (to >= 0) hasSource[to] = 1;
    if (from >= 0 && to >= 0 && (place[from] as number) < (place[to] as number)) out[from]?.push(to);
  }
  for (const vertex of order)
    for (const to of out[vertex] ?? []) row[to] = Math.max(row[to] as number, (row[vertex] as number) + 1);
  // What reads nothing stands right above its first reader.
  for (const vertex of order) {
    const readers = out[vertex] ?? [];
    if (hasSource[vertex] || readers.length === 0) continue;
    row[vertex] = Math.max(
      1,
      readers.reduce((least, to) => Math.min(least, row[to] as number), Infinity) - 1,
    );
  }
  return row;
}

/** A vertex or a bend in a row. */
interface Spot {
  readonly width: number;
  readonly above: Spot[];
  readonly below: Spot[];
  /** Position in its row, then centre. */
  at: number;
  x: number;
}

class Drawing {
  readonly #rows: Spot[][];
  readonly #spots: readonly Spot[];
  readonly #bends: readonly Spot[][];

  constructor(
    graph: FlatGraph,
    readonly row: Int32Array,
    order: readonly number[],
  ) {
    const last = row.reduce((most, each) => Math.max(most, each), 0) + 1;
    const spot = (width: number): Spot => ({ width, above: [], below: [], at: 0, x: 0 });
    this.#rows = Array.from({ length: last + 1 }, () => []);
    this.#spots = graph.widths.map(spot);
    const [entry, exit] = [spot(0), spot(0)];
    this.#rows[0]?.push(entry);
    this.#rows[last]?.push(exit);
    for (const vertex of order) this.#rows[row[vertex] as number]?.push(this.#spots[vertex] as Spot);
    let budget = MOST_BENDS;
    this.#bends = graph.edges.map(([from, to]) => {
      const start = from < 0 ? 0 : (row[from] as number);
      const end = to < 0 ? last : (row[to] as number);
      const count = end - start - 1;
      if (end <= start) return [];
      const isBent = count <= LONGEST_BENT && count <= budget;
      const bends = isBent ? Array.from({ length: count }, () => spot(BEND_WIDTH)) : [];
      budget -= bends.length;
      const top = from < 0 ? entry : (this.#spots[from] as Spot);
      const bottom = to < 0 ? exit : (this.#spots[to] as Spot);
      const chain = [top, ...bends, bottom];
      if (isBent)
        chain.slice(1).forEach((next, i) => {
          (chain[i] as Spot).below.push(next);
          next.above.push(chain[i] as Spot);
        });
      for (const [i, bend] of bends.entries()) this.#rows[start + 1 + i]?.push(bend);
      return bends;
    });
    for (const spots of this.#rows) number(spots);
  }

  /** Fewer crossings: rows sorted by where their neighbours stand, downwards and upwards in turn. */
  untangle(): void {
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const down = sweep % 2 === 0;
      for (const spots of down ? this.#rows : this.#rows.toReversed()) {
        const wanted = new Map(
          spots.map((each) => [each, mean(down ? each.above : each.below, ({ at }) => at) ?? each.at]),
        );
        spots.sort((a, b) => (wanted.get(a) as number) - (wanted.get(b) as number) || a.at - b.at);
        number(spots);
      }
    }
  }

  positions(): Layers {
    for (let sweep = 0; sweep < 2 * SWEEPS; sweep++) {
      const down = sweep % 2 === 0;
      for (const spots of down ? this.#rows : this.#rows.toReversed()) {
        const wanted = spots.map((each) => mean(down ? each.above : each.below, ({ x }) => x) ?? each.x);
        const widths = spots.map(({ width }) => width);
        placeInRow(wanted, widths, GAP).forEach((x, i) => {
          (spots[i] as Spot).x = x;
        });
      }
    }
    const zero = this.#rows[0]?.[0]?.x ?? 0;
    const rounded = ({ x }: Spot) => Math.round(x - zero);
    return {
      rows: this.#rows.length,
      row: Array.from(this.row),
      x: this.#spots.map(rounded),
      bends: this.#bends.map((bends) => bends.map(rounded)),
    };
  }
}

function number(spots: readonly Spot[]): void {
  spots.forEach((spot, at) => {
    spot.at = at;
  });
}

function mean(spots: readonly Spot[], of: (spot: Spot) => number): number | undefined {
  if (spots.length === 0) return undefined;
  return spots.reduce((sum, spot) => sum + of(spot), 0) / spots.length;
}
