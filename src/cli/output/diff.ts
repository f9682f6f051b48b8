import type { Change, ModelDiff, OutputDifference } from "../../diff/index.js";
import { bytesText, countText, percentText } from "./numbers.js";
import { type Column, tableText } from "./table.js";

/** A diff, with the outputs of a run where that was asked. */
export interface DiffDocument extends ModelDiff {
  readonly run?: readonly OutputDifference[];
}

/** Rows that a table shows before it says how many more there are. */
const MOST_ROWS = 200;
const LONGEST_CELL = 80;

interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** Counts and costs. */
export function diffSummary(diff: DiffDocument, before: string, after: string): string {
  return [`${before} and ${after} ${verdict(diff)}`, "", ...overview(diff).map(sectionText)].join("\n");
}

/** Counts, costs, and a table for each kind of difference. */
export function diffText(diff: DiffDocument, before: string, after: string): string {
  const sections = details(diff).map((section) => `\n${section.title}\n${sectionText(section)}`);
  return [diffSummary(diff, before, after), ...sections, ...diff.problems.map(plainText)].join("\n");
}

/** The same as Markdown. Names are shown as code, so that nothing in them is taken for markup. */
export function diffMarkdown(diff: DiffDocument, before: string, after: string): string {
  const sections = details(diff).map((section) =>
    [
      "<details>",
      `<summary>${section.title}: ${section.rows.length}</summary>`,
      "",
      sectionMarkdown(section),
      "",
      "</details>",
    ].join("\n"),
  );
  return [
    `**${code(before)} and ${code(after)} ${verdict(diff)}**`,
    ...overview(diff).map(sectionMarkdown),
    ...sections,
    ...diff.problems.map((problem) => code(plainText(problem))),
  ].join("\n\n");
}

function verdict({ same }: ModelDiff): string {
  return same ? "are the same" : "differ";
}

function overview(diff: DiffDocument): Section[] {
  const count = (value: number | null) => (value === null ? "?" : countText(value));
  const bytes = (value: number | null) => (value === null ? "?" : bytesText(value));
  const cost = (name: string, { before, after, ratio }: ModelDiff["macs"], text = count) => [
    name,
    text(before),
    text(after),
    ratio === null ? "" : percentText(ratio),
  ];
  const tensors = (status: string) => String(diff.tensors.filter((each) => each.status === status).length);
  const { nodes, edges } = diff;
  return [
    {
      title: "cost",
      columns: [left(""), right("before"), right("after"), right("kept")],
      rows: [cost("MACs", diff.macs), cost("params", diff.params), cost("bytes", diff.bytes, bytes)],
    },
    {
      title: "counts",
      columns: [left(""), ...["added", "removed", "changed", "unchanged", "renamed"].map(right)],
      rows: [
        ["nodes", ...[nodes.added, nodes.removed, nodes.changed, nodes.unchanged, nodes.renamed].map(String)],
        ["links", String(edges.added), String(edges.removed), "", String(edges.unchanged), ""],
        ["constants", tensors("added"), tensors("removed"), tensors("changed"), "", ""],
      ],
    },
    ...(diff.run ? [runSection(diff.run)] : []),
  ];
}

function runSection(run: readonly OutputDifference[]): Section {
  const number = (value: number | null) => (value === null ? "not comparable" : value.toExponential(2));
  return {
    title: "outputs on the same input",
    columns: [left("output"), right("largest difference"), right("mean difference")],
    rows: run.map(({ name, largest, mean }) => [name, number(largest), number(mean)]),
  };
}

function details(diff: DiffDocument): Section[] {
  const nodes = [left("node"), left("op")];
  const rows = (items: readonly { name: string; opType: string }[]) =>
    items.map(({ name, opType }) => [name, opType]);
  const sections: Section[] = [
    changes("model", diff.header),
    changes("inputs", diff.inputs),
    changes("outputs", diff.outputs),
    channelSection(diff),
    { title: "nodes removed", columns: nodes, rows: rows(diff.removedNodes) },
    { title: "nodes added", columns: nodes, rows: rows(diff.addedNodes) },
    changedSection(diff),
    tensorSection(diff),
    {
      title: "cost per layer",
      columns: [...nodes, right("MACs before"), right("after"), right("kept")],
      rows: diff.layers.map(({ name, opType, macs: { before, after, ratio } }) => [
        name,
        opType,
        before === null ? "" : countText(before),
        after === null ? "" : countText(after),
        ratio === null ? "" : percentText(ratio),
      ]),
    },
  ];
  return sections.filter((section) => section.rows.length > 0);
}

function changes(title: string, list: readonly Change[]): Section {
  return {
    title,
    columns: [left(""), left("before"), left("after")],
    rows: list.map(({ name, before, after }) => [name, before ?? "", after ?? ""]),
  };
}

function channelSection({ channels }: ModelDiff): Section {
  const found = { plan: "by the plan", value: "found again", likeness: "by likeness" };
  return {
    title: "channels",
    columns: [left("layer"), left("constant"), right("axis"), right("kept"), left("removed"), left("known")],
    rows: channels.map(({ node, tensor, axis, before, after, removed, by }) => [
      node,
      tensor,
      String(axis),
      `${after}/${before}`,
      removed ? rangesText(removed) : "?",
      by ? found[by] : "not found",
    ]),
  };
}

function changedSection({ changedNodes }: ModelDiff): Section {
  const arrow = ({ name, before, after }: Change) => `${name}: ${before ?? "none"} → ${after ?? "none"}`;
  return {
    title: "nodes changed",
    columns: [left("node"), left("op"), left("what")],
    rows: changedNodes.map(({ name, opType, attributes, inputs, tensors }) => [
      name,
      opType,
      [
        ...attributes.map(arrow),
        ...inputs.map((input) => `input ${arrow(input)}`),
        ...(tensors.length > 0 ? [`constants ${tensors.join(", ")}`] : []),
      ].join("; "),
    ]),
  };
}

function tensorSection({ tensors }: ModelDiff): Section {
  const digits = (value: number | null | undefined) =>
    value == null ? "" : String(Number(value.toPrecision(4)));
  return {
    title: "constants",
    columns: [
      left("constant"),
      left("before"),
      left("after"),
      ...["L2 before", "after", "largest change", "cosine"].map(right),
    ],
    rows: tensors.map(({ name, before, after, values }) => [
      name,
      before ? `${before.type}[${before.dims}]` : "",
      after ? `${after.type}[${after.dims}]` : "",
      digits(before?.l2),
      digits(after?.l2),
      digits(values?.largest),
      digits(values?.cosine),
    ]),
  };
}

/** 0–3, 7, 9–10 */
function rangesText(positions: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < positions.length; i++) {
    const first = positions[i] as number;
    while (positions[i + 1] === (positions[i] as number) + 1) i++;
    const last = positions[i] as number;
    ranges.push(first === last ? String(first) : `${first}–${last}`);
  }
  return ranges.join(", ");
}

function sectionText({ columns, rows }: Section): string {
  const table = tableText(columns, shownRows(rows));
  return rows.length > MOST_ROWS ? `${table}\n… and ${rows.length - MOST_ROWS} more; --json has all` : table;
}

function sectionMarkdown({ columns, rows }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const more = rows.length > MOST_ROWS ? [`\n… and ${rows.length - MOST_ROWS} more`] : [];
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
    ...shownRows(rows).map((row) => line(row.map(code))),
    ...more,
  ].join("\n");
}

function shownRows(rows: readonly (readonly string[])[]): string[][] {
  return rows.slice(0, MOST_ROWS).map((row) => row.map(shortened));
}

/** Without control characters, which a terminal would obey. */
function plainText(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

/** One line of at most 80 characters. */
function shortened(cell: string): string {
  const plain = plainText(cell);
  return plain.length > LONGEST_CELL ? `${plain.slice(0, LONGEST_CELL - 1)}…` : plain;
}

/** Text as Markdown code inside a table: backticks and bars cannot end it. */
function code(text: string): string {
  if (text === "") return "";
  return `\`${text.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function left(title: string): Column {
  return { title };
}

function right(title: string): Column {
  return { title, align: "right" };
}
