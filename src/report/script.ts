import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Beside this file in the package, bundled by `npm run build`. */
const BUNDLED = new URL("./viewer.js", import.meta.url);

let script: Promise<string> | undefined;

/** The page's own script as one text. Where the package runs from its sources, it is bundled now. */
export function viewerScript(): Promise<string> {
  script ??= existsSync(BUNDLED) ? Promise.resolve(readFileSync(BUNDLED, "utf8")) : bundle();
  return script;
}

async function bundle(): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./viewer/main.ts", import.meta.url))],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
