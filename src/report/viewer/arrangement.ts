import { placeInRow } from "../place.js";
import type { Box, Edge, SceneView } from "../scene.js";

const TITLE = 26;
const PADDING = 18;
const ROW_GAP = 30;
const PORT_GAP = 10;
const SIDE_GAP = 24;
const BEND = 8;
const EDGES_TOGETHER = 48;

/** Edges that are drawn at once, where they are. */
export interface EdgeBundle {
  readonly path: Path2D;
  readonly top: number;
  readonly bottom: number;
}

/** Where everything stands while some boxes are open. World units; y grows downwards. */
export interface Arrangement {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly width: Float64Array;
  readonly height: Float64Array;
  /** By open box. */
  readonly bundles: ReadonlyMap<number, readonly EdgeBundle[]>;
  /** The path of the edges of an open box that touch one of its children. */
  edgesAt(box: number, child: number): Path2D;
}

interface Line {
  readonly edge: Edge;
  readonly points: readonly number[];
}

/** A network's boxes with what is inside each. */
export class Tree {
  readonly children: readonly (readonly number[])[];

  constructor(readonly view: SceneView) {
    const children: number[][] = view.boxes.map(() => []);
    view.boxes.forEach(({ parent }, box) => {
      children[parent]?.push(box);
    });
    this.children = children;
  }

  box(index: number): Box {
    return this.view.boxes[index] as Box;
  }

  /** The boxes around a box, innermost first. */
  outer(box: number): number[] {
    const found: number[] = [];
    for (let at = this.box(box).parent; at >= 0; at = this.box(at).parent) found.push(at);
    return found;
  }

  /** The boxes that boxes are folded into while others are open. */
  shown(box: number, open: ReadonlySet<number>): number {
    return this.outer(box).reduce((shown, each) => (open.has(each) ? shown : each), box);
  }
}

/** Rows and their order come with the scene; what is open pushes its neighbours aside. */
export function arrange(tree: Tree, open: ReadonlySet<number>): Arrangement {
  const count = tree.view.boxes.length;
  const [x, y, width, height] = Array.from({ length: 4 }, () => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const lines = new Map<number, Line[]>();

  const measure = (box: number): void => {
    const { inside, width: w, height: h } = tree.box(box);
    [width[box], height[box]] = [w, h];
    if (!inside || !open.has(box)) return;
    const children = tree.children[box] as readonly number[];
    children.forEach(measure);
    const rows = rowsOf(tree, children, inside.edges, inside.rows);
    const tops: number[] = [];
    const bends = inside.edges.map((): number[] => []);
    let [least, most, top] = [Infinity, -Infinity, box === 0 ? 0 : TITLE];
    const bottoms: number[] = [];
    for (const row of rows) {
      const widths = row.map((spot) => ("child" in spot ? (width[spot.child] as number) : BEND));
      const centres = placeInRow(
        row.map(({ at }) => at),
        widths,
        SIDE_GAP,
      );
      const tallest = row.reduce(
        (most, spot) => Math.max(most, "child" in spot ? (height[spot.child] as number) : 0),
        0,
      );
      row.forEach((spot, i) => {
        const [centre, half] = [centres[i] as number, (widths[i] as number) / 2];
        least = Math.min(least, centre - half);
        most = Math.max(most, centre + half);
        if ("child" in spot) {
          x[spot.child] = centre - half;
          y[spot.child] = top;
        } else bends[spot.edge]?.push(centre);
      });
      tops.push(top);
      bottoms.push(top + tallest);
      // The entry's own row and the exit's have no height.
      top += tallest + (tallest === 0 ? PORT_GAP : ROW_GAP);
    }
    if (least > most) [least, most] = [0, 0];
    const titleWidth = tree.box(box).title.length * 7 + 40;
    const slack = Math.max(0, titleWidth - (most - least) - 2 * PADDING) / 2;
    const shift = PADDING + slack - least;
    for (const child of children) x[child] = (x[child] as number) + shift;
    width[box] = most - least + 2 * (PADDING + slack);
    height[box] = top - ROW_GAP + PORT_GAP;
    const middle = shift;
    lines.set(
      box,
      inside.edges.map((edge, i): Line => {
        const points: number[] = [];
        const [from, to] = [edge.from, edge.to];
        const firstRow = from < 0 ? 0 : tree.box(from).row;
        if (from < 0) points.push(middle, box === 0 ? 0 : TITLE - 4);
        else {
          const centre = (x[from] as number) + (width[from] as number) / 2;
          points.push(
            centre,
            (y[from] as number) + (height[from] as number),
            centre,
            bottoms[firstRow] as number,
          );
        }
        for (const [step, at] of (bends[i] as number[]).entries()) {
          const row = firstRow + 1 + step;
          points.push(at + shift, tops[row] as number, at + shift, bottoms[row] as number);
        }
        if (to < 0) points.push(middle, height[box] as number);
        else points.push((x[to] as number) + (width[to] as number) / 2, y[to] as number);
        return { edge, points };
      }),
    );
  };
  measure(0);
  const place = (box: number): void => {
    if (!open.has(box)) return;
    for (const child of tree.children[box] as readonly number[]) {
      x[child] = (x[child] as number) + (x[box] as number);
      y[child] = (y[child] as number) + (y[box] as number);
      place(child);
    }
  };
  place(0);
  const pathOf = (box: number, some: readonly Line[]): Path2D => {
    const path = new Path2D();
    for (const { points } of some) draw(path, points, x[box] as number, y[box] as number);
    return path;
  };
  const bundles = new Map(
    Array.from(lines, ([box, all]) => {
      const sorted = [...all].sort((a, b) => (a.points[1] as number) - (b.points[1] as number));
      const parts = Array.from({ length: Math.ceil(sorted.length / EDGES_TOGETHER) }, (_, i) =>
        sorted.slice(i * EDGES_TOGETHER, (i + 1) * EDGES_TOGETHER),
      );
      return [
        box,
        parts.map((part): EdgeBundle => {
          const bottom = part.reduce((most, { points }) => Math.max(most, points.at(-1) as number), 0);
          const top = part[0]?.points[1] ?? 0;
          return {
            path: pathOf(box, part),
            top: top + (y[box] as number),
            bottom: bottom + (y[box] as number),
          };
        }),
      ];
    }),
  );
  const edgesAt = (box: number, child: number) =>
    pathOf(
      box,
      (lines.get(box) ?? []).filter(({ edge }) => edge.from === child || edge.to === child),
    );
  return { x, y, width, height, bundles, edgesAt };
}

type Spot = { readonly at: number } & ({ readonly child: number } | { readonly edge: number });

/** What stands in each row, from left to right. */
function rowsOf(tree: Tree, children: readonly number[], edges: readonly Edge[], count: number): Spot[][] {
  const rows: Spot[][] = Array.from({ length: count }, () => []);
  for (const child of children) rows[tree.box(child).row]?.push({ child, at: tree.box(child).x });
  edges.forEach(({ from, bends }, edge) => {
    const first = from < 0 ? 0 : tree.box(from).row;
    bends.forEach((at, step) => {
      rows[first + 1 + step]?.push({ edge, at });
    });
  });
  for (const row of rows) row.sort((a, b) => a.at - b.at);
  return rows;
}

/** A line that goes down, with bends between where its points lie side by side. */
function draw(path: Path2D, points: readonly number[], dx: number, dy: number): void {
  path.moveTo((points[0] as number) + dx, (points[1] as number) + dy);
  for (let i = 2; i < points.length; i += 2) {
    const [px, py] = [(points[i - 2] as number) + dx, (points[i - 1] as number) + dy];
    const [qx, qy] = [(points[i] as number) + dx, (points[i + 1] as number) + dy];
    const middle = (py + qy) / 2;
    if (px === qx) path.lineTo(qx, qy);
    else path.bezierCurveTo(px, middle, qx, middle, qx, qy);
  }
}
