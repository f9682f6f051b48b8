import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { commands } from "../../src/cli/commands.js";
import { barrierReasons } from "../../src/cli/output/reasons.js";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** Indented lines of the documents: what users are told to type, perhaps with a comment behind several spaces. */
const lines = ["README.md", "docs/agents.md"].flatMap((file) =>
  read(file)
    .split("\n")
    .flatMap((line) => /^ {4}(\S.*?)(?: {2,}|$)/.exec(line)?.[1] ?? []),
);
const typed = (start: RegExp) => lines.flatMap((line) => (start.test(line) ? [line.replace(start, "")] : []));

async function problemsOf(line: string): Promise<string[]> {
  const [name = "", ...words] = line.split(" ");
  if (name.startsWith("--")) return [];
  const entry = commands.find((command) => command.name === name);
  if (!entry) return [`no command ${name}`];
  const { options } = (await entry.load()).default;
  const known = ["--json", "--help"];
  for (const [key, { short }] of Object.entries(options)) {
    known.push(`--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    if (short) known.push(`-${short}`);
  }
  return words.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word));
}

// Fault B14 of GNN-RL's published code: its README named scripts that did not exist.
describe("what the documents tell users to type", function () {
  this.timeout(60_000);

  for (const line of typed(/^(?:npx )?topiary /)) {
    it(`topiary ${line}`, async () => {
      expect(await problemsOf(line)).to.deep.equal([]);
    });
  }

  it("has known flags in the example of every command", async () => {
    for (const { load } of commands) {
      const { line } = (await load()).default.example;
      expect(await problemsOf(line.replace("topiary ", "")), line).to.deep.equal([]);
    }
  });

  it("is there: scripts of npm, tools", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = lines.flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run )?(\w+)/g)].map(([, name]) => name),
    );
    const own = named.filter((name) => name && !["ci", "install"].includes(name));
    expect(own).to.include("start").and.to.include("check");
    for (const name of own) expect(scripts, name).to.have.property(name ?? "");
    const tools = lines.flatMap((line) => /\b(tools\/\S+\.ts)/.exec(line)?.[1] ?? []);
    expect(tools).to.include("tools/schedule.ts");
    for (const tool of tools) expect(existsSync(fileURLToPath(new URL(tool, root))), tool).to.equal(true);
  });

  it("names every reason for which channels stay, and no other", () => {
    const [, table = ""] = read("README.md").split("| code | the channels stay because |");
    const rows = table.slice(0, table.indexOf("\n\n")).split("\n");
    const codes = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
    );
    expect(codes).to.have.members(Object.keys(barrierReasons));
  });

  it("is looked at closely enough: unknown commands and flags are found", async () => {
    expect(await problemsOf("gnnrl_network_pruning x")).to.deep.equal(["no command gnnrl_network_pruning"]);
    expect(await problemsOf("prune a.onnx --mac 0.5 -o b.onnx")).to.deep.equal(["--mac"]);
    expect(typed(/^(?:npx )?topiary /).length).to.be.above(15);
  });
});
