import { createHash } from "node:crypto";
import { style } from "./style.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML, as content or inside quotes. Control characters, which no page may hold, become spaces. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, " ")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** JSON for a script element: nothing in it can end the element or open a comment. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

export interface PageParts {
  readonly title: string;
  /** Markup, escaped by whoever made it. */
  readonly body: string;
  readonly script?: string;
  readonly styles?: string;
}

/**
 * One self-contained page. Its content security policy lets nothing run but the given script, and nothing be fetched.
 */
export function htmlPage({ title, body, script = "", styles = "" }: PageParts): string {
  const code = script.replaceAll(/<(?=\/script|!--)/gi, "\\x3c");
  const css = style + styles;
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = [
    "default-src 'none'",
    `style-src ${hash(css)}`,
    `script-src ${code === "" ? "'none'" : hash(code)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escapeHtml(title)}</title>`,
    `<style>${css}</style>`,
    "</head>",
    `<body>${body}${code === "" ? "" : `<script>${code}</script>`}</body>`,
    "</html>",
    "",
  ].join("\n");
}
