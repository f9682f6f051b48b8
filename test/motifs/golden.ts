import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const folder = fileURLToPath(new URL("../../fixtures/motifs", import.meta.url));

/** Compares with a file in fixtures/motifs, or rewrites it where TOPIARY_GOLDEN is "write". */
export function expectGolden(name: string, text: string): void {
  const path = join(folder, name);
  if (process.env.TOPIARY_GOLDEN === "write") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text, `${name}; npm run golden rewrites it`).to.equal(readFileSync(path, "utf8"));
}
