import { escapeHtml } from "./html.js";

/** A cell: text, or markup that was escaped by whoever made it. */
export type Cell = string | { readonly markup: string };

export interface TableColumn {
  readonly title: string;
  readonly isNumber?: boolean;
}

export function table(columns: readonly TableColumn[], rows: readonly (readonly Cell[])[]): string {
  const attribute = (at: number) => (columns[at]?.isNumber ? ' class="number"' : "");
  const head = columns.map(({ title }, at) => `<th${attribute(at)}>${escapeHtml(title)}</th>`).join("");
  const body = rows.map(
    (row) => `<tr>${row.map((cell, at) => `<td${attribute(at)}>${cellMarkup(cell)}</td>`).join("")}</tr>`,
  );
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

/** Names and texts in two columns. */
export function pairs(rows: readonly (readonly [name: string, text: Cell])[]): string {
  const lines = rows.map(
    ([name, text]) => `<tr><th>${escapeHtml(name)}</th><td>${cellMarkup(text)}</td></tr>`,
  );
  return `<div class="wide"><table class="pairs">${lines.join("\n")}</table></div>`;
}

export function section(title: string, ...content: readonly string[]): string {
  return `<section><h2>${escapeHtml(title)}</h2>${content.join("\n")}</section>`;
}

/** Content that a click on its `summary` shows; both are markup. */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>${content}</details>`;
}

export function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

export function preformatted(text: string): string {
  return `<pre>${escapeHtml(text.replaceAll("\n", NEW_LINE)).replaceAll(NEW_LINE, "\n")}</pre>`;
}

/** Stands for a line's end while control characters are taken out. */
const NEW_LINE = "\u2028";

function cellMarkup(cell: Cell): string {
  return typeof cell === "string" ? escapeHtml(cell) : cell.markup;
}
