import { scaleBand, scaleLinear } from "d3-scale";
import {
  curveStepAfter,
  line,
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from "d3-shape";
import { escapeHtml } from "./html.js";

export type Point = readonly [x: number, y: number];

/** Points of one kind: told apart by colour and by shape, so that a print without colours can be read. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** How the points are joined; by default not at all. */
  readonly joined?: "line" | "steps";
  /** Small and pale: what stands behind the points that matter. */
  readonly isBackground?: boolean;
  /** Only the line. */
  readonly isBare?: boolean;
}

export interface ChartText {
  /** What it shows, for those who cannot see it. */
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const SHAPES = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolWye, symbolStar];

/** As many as the style sheet has colours for. */
export const MOST_SERIES = SHAPES.length;

const [WIDTH, HEIGHT] = [720, 340];
const MARGIN = { left: 64, right: 16, top: 14, bottom: 46 };

/** Points and lines over two linear axes, as SVG. */
export function pointChart(text: ChartText, series: readonly Series[]): string {
  const points = series.flatMap((each) => each.points);
  const x = scaleLinear(padded(points.map(([at]) => at)), [MARGIN.left, WIDTH - MARGIN.right]).nice();
  const y = scaleLinear(padded(points.map(([, at]) => at)), [HEIGHT - MARGIN.bottom, MARGIN.top]).nice();
  const xTicks = x.ticks(8).map((at) => ({ at: x(at), label: x.tickFormat(8)(at) }));
  const yTicks = y.ticks(6).map((at) => ({ at: y(at), label: y.tickFormat(6)(at) }));
  const place = ([a, b]: Point): [number, number] => [x(a), y(b)];
  const marks = series.map((each, index) => seriesMarkup(each, index, place));
  return svg(text, HEIGHT, [grid(xTicks, yTicks, HEIGHT), ...marks]) + legend(series);
}

/** Shares from 0 to 1 as bars, one group of bars for each label. */
export function barChart(
  text: ChartText,
  labels: readonly string[],
  series: readonly { readonly name: string; readonly values: readonly number[] }[],
): string {
  const lowest = HEIGHT - MARGIN.bottom;
  const x = scaleBand(labels.keys(), [MARGIN.left, WIDTH - MARGIN.right]).paddingInner(0.2);
  const inner = scaleBand(series.keys(), [0, x.bandwidth()]);
  const most = Math.max(0.1, ...series.flatMap(({ values }) => values));
  const y = scaleLinear([0, most], [lowest, MARGIN.top]).nice();
  const step = Math.ceil(labels.length / 24);
  const xTicks = labels.flatMap((label, index) =>
    index % step === 0 ? [{ at: (x(index) ?? 0) + x.bandwidth() / 2, label }] : [],
  );
  const yTicks = y.ticks(5).map((at) => ({ at: y(at), label: y.tickFormat(5, "%")(at) }));
  const bars = series.flatMap(({ name, values }, which) =>
    values.map((value, index) => {
      const left = (x(index) ?? 0) + (inner(which) ?? 0);
      const title = `<title>${escapeHtml(`${name}, ${labels[index]}: ${(100 * value).toFixed(1)} %`)}</title>`;
      return `<rect class="fill-${which}" x="${round(left)}" y="${round(y(value))}" width="${round(inner.bandwidth())}" height="${round(lowest - y(value))}">${title}</rect>`;
    }),
  );
  const named = series.map(({ name }) => ({ name, points: [] }));
  return (
    svg(text, HEIGHT, [grid(xTicks, yTicks, HEIGHT, false), ...bars]) +
    (series.length > 1 ? legend(named, true) : "")
  );
}

/** The channels of an axis as a strip: what went is hatched. */
export function stripChart(size: number, removed: readonly (readonly [number, number])[] | null): string {
  const width = 240;
  const x = scaleLinear([0, size], [0, width]);
  const ranges = (removed ?? []).map(
    ([first, last]) =>
      `<rect class="gone" x="${round(x(first))}" width="${round(Math.max(0.5, x(last + 1) - x(first)))}" height="14"/>`,
  );
  const kind = removed ? "kept" : "unknown";
  return `<svg class="strip-chart" viewBox="0 0 ${width} 14" width="${width}" height="14" aria-hidden="true"><rect class="${kind}" width="${width}" height="14"/>${ranges.join("")}</svg>`;
}

function padded(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [least, most] = values.reduce(
    ([low, high], at) => [Math.min(low, at), Math.max(high, at)],
    [Infinity, -Infinity],
  );
  const margin = (most - least || Math.abs(most) || 1) * 0.04;
  return [least - margin, most + margin];
}

function seriesMarkup(
  { points, joined, isBackground, isBare }: Series,
  index: number,
  place: (point: Point) => [number, number],
): string {
  const colour = index % MOST_SERIES;
  const path = line<Point>(
    (point) => place(point)[0],
    (point) => place(point)[1],
  );
  if (joined === "steps") path.curve(curveStepAfter);
  const drawn = joined ? `<path class="line stroke-${colour}" d="${path([...points]) ?? ""}"/>` : "";
  const shape = symbol(SHAPES[colour], isBackground ? 26 : 52)() ?? "";
  const dots = isBare
    ? []
    : points.map((point) => {
        const [x, y] = place(point).map(round);
        return `<path class="fill-${colour}${isBackground ? " pale" : ""}" d="${shape}" transform="translate(${x},${y})"/>`;
      });
  return `<g>${drawn}${dots.join("")}</g>`;
}

interface Tick {
  readonly at: number;
  readonly label: string;
}

function grid(xTicks: readonly Tick[], yTicks: readonly Tick[], height: number, isVertical = true): string {
  const lowest = height - MARGIN.bottom;
  const columns = xTicks.map(({ at, label }) => {
    const rule = isVertical
      ? `<line class="grid" x1="${round(at)}" x2="${round(at)}" y1="${MARGIN.top}" y2="${lowest}"/>`
      : "";
    return `${rule}<text class="tick" text-anchor="middle" x="${round(at)}" y="${lowest + 16}">${escapeHtml(label)}</text>`;
  });
  const rows = yTicks.map(
    ({ at, label }) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(at)}" y2="${round(at)}"/>` +
      `<text class="tick" text-anchor="end" x="${MARGIN.left - 7}" y="${round(at + 4)}">${escapeHtml(label)}</text>`,
  );
  return `<g>${columns.join("")}${rows.join("")}</g>`;
}

function svg({ title, x, y }: ChartText, height: number, content: readonly string[]): string {
  const middle = (height - MARGIN.bottom + MARGIN.top) / 2;
  return [
    `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">`,
    ...content,
    `<text class="axis" text-anchor="middle" x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${height - 8}">${escapeHtml(x)}</text>`,
    `<text class="axis" text-anchor="middle" transform="translate(15,${middle}) rotate(-90)">${escapeHtml(y)}</text>`,
    "</svg>",
  ].join("");
}

function legend(series: readonly Series[], isBars = false): string {
  const entries = series.map(({ name, isBare }, index) => {
    const colour = index % MOST_SERIES;
    const mark = isBars
      ? `<rect class="fill-${colour}" x="-5" y="-5" width="10" height="10"/>`
      : isBare
        ? `<path class="line stroke-${colour}" d="M-6,0H6"/>`
        : `<path class="fill-${colour}" d="${symbol(SHAPES[colour], 52)() ?? ""}"/>`;
    return `<span><svg viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">${mark}</svg>${escapeHtml(name)}</span>`;
  });
  return `<p class="keys">${entries.join("")}</p>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
