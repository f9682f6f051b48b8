import type { ModelDiff } from "../diff/index.js";
import { stripChart } from "./charts.js";
import { details, paragraph, section, table } from "./markup.js";
import { bytesText, countText, digitsText, percentText } from "./numbers.js";
import type { LatencyFigures, ReportedModel } from "./report-page.js";
import { rangesOf } from "./strips.js";

/** Rows that a table shows before it says how many more there are. */
const MOST_ROWS = 300;

/** What models cost beside each other; kept shares are of each one's original. */
export function costSection(models: readonly ReportedModel[]): string {
  const share = (part: number | null, whole: number | null | undefined) =>
    part === null || !whole ? "" : percentText(part / whole);
  const count = (value: number | null) => (value === null ? "not known" : countText(value));
  const rows = models.map(({ label, summary: { nodes, macs, params, bytes }, original }) => [
    label,
    String(nodes),
    count(macs),
    share(macs, original?.macs),
    countText(params),
    share(params, original?.params),
    bytesText(bytes),
  ]);
  const columns = ["model", "nodes", "MACs", "kept", "params", "kept", "weights"];
  return section(
    "Cost",
    table(
      columns.map((title, at) => ({ title, isNumber: at > 0 })),
      rows,
    ),
  );
}

/** Times of one run, measured turn by turn. */
export function latencySection({ models, conditions }: LatencyFigures): string {
  const [first] = models;
  const ms = (value: number) => `${digitsText(value)} ms`;
  const rows = models.map(({ label, p50Ms, p90Ms, peakMb, runs }) => [
    label,
    ms(p50Ms),
    ms(p90Ms),
    first ? percentText(p50Ms / first.p50Ms) : "",
    `${peakMb.toFixed(0)} MB`,
    String(runs),
  ]);
  const columns = ["model", "median", "90 %", "of the first", "memory", "runs"];
  return section(
    "Latency",
    table(
      columns.map((title, at) => ({ title, isNumber: at > 0 })),
      rows,
    ),
    paragraph(conditions),
  );
}

/** What differs between two models, with the channels that each layer lost. */
export function diffSection(before: string, after: string, diff: ModelDiff): string {
  const { nodes, edges } = diff;
  const counts = table(
    ["", "added", "removed", "changed", "unchanged"].map((title, at) => ({ title, isNumber: at > 0 })),
    [
      ["nodes", ...[nodes.added, nodes.removed, nodes.changed, nodes.unchanged].map(String)],
      ["links", String(edges.added), String(edges.removed), "", String(edges.unchanged)],
    ],
  );
  const changes = [...diff.header, ...diff.inputs, ...diff.outputs];
  const moved = changes.map(({ name, before: was, after: is }) => [name, was ?? "none", is ?? "none"]);
  const channels = diff.channels
    .slice(0, MOST_ROWS)
    .map(({ node, tensor, axis, before: was, after: is, removed }) => [
      node,
      tensor,
      String(axis),
      `${is}/${was}`,
      { markup: stripChart(was, removed && rangesOf(removed)) },
    ]);
  const more = diff.channels.length - MOST_ROWS;
  return section(
    `${before} and ${after}`,
    paragraph(diff.same ? "They are the same." : "They differ."),
    counts,
    moved.length === 0 ? "" : table([{ title: "" }, { title: "before" }, { title: "after" }], moved),
    channels.length === 0
      ? ""
      : details(
          `channels of ${diff.channels.length} axes; hatched ones went`,
          table(
            [
              { title: "layer" },
              { title: "constant" },
              { title: "axis", isNumber: true },
              { title: "kept", isNumber: true },
              { title: "channels" },
            ],
            channels,
          ) + (more > 0 ? paragraph(`and ${more} more`) : ""),
        ),
    ...diff.problems.map(paragraph),
  );
}
