import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
};
/** `onnx-topiary`, `onnx-topiary/ir`, … : every door that has code behind it. */
const doors = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target !== "string")
  .map(([door]) => door.replace(".", "onnx-topiary"));

/** What a user of the package has: the packed tarball, installed in an empty folder. */
describe("the package", function () {
  // Packing compiles, installing fetches; both take minutes where the machine is busy with something else.
  this.timeout(900_000);
  let place: string;
  let user: string;
  const inFolder = (cwd: string, command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  before(() => {
    place = mkdtempSync(join(tmpdir(), "topiary-package-"));
    user = join(place, "user");
    const tarball = pack(join(place, "source"));
    mkdirSync(user);
    writeFileSync(
      join(user, "package.json"),
      JSON.stringify({ name: "user", private: true, type: "module" }),
    );
    // What the README tells users to do: without it the install of onnxruntime-node asks another host for CUDA.
    writeFileSync(join(user, ".npmrc"), "onnxruntime-node-install=skip\n");
    inFolder(user, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", tarball);
  });
  after(() => rmSync(place, { recursive: true, force: true }));

  /** Packs a copy, so that a build folder in use beside the test stays as it is. */
  function pack(source: string): string {
    mkdirSync(source);
    const packed =
      "package.json .npmrc .gitignore LICENSE README.md CHANGELOG.md tsconfig.json tsconfig.build.json";
    for (const name of [...packed.split(" "), "src", "schemas", "fixtures"]) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(source, name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"), "junction");
    const name = inFolder(source, "npm", "pack", "--silent").trim().split("\n").at(-1) ?? "";
    return join(source, name);
  }

  it("ships what runs and what explains it, and nothing of the workshop", () => {
    const installed = join(user, "node_modules/onnx-topiary");
    for (const name of ["dist/cli/main.js", "dist/index.d.ts", "LICENSE", "README.md"]) {
      expect(existsSync(join(installed, name)), name).to.equal(true);
    }
    for (const name of ["src", "test", "tools", "node_modules"]) {
      expect(existsSync(join(installed, name)), name).to.equal(false);
    }
  });

  it("is imported, by every door", () => {
    const lines = doors.map(
      (door) => `found[${JSON.stringify(door)}] = Object.keys(await import("${door}")).length;`,
    );
    writeFileSync(
      join(user, "doors.mjs"),
      ["const found = {};", ...lines, "console.log(JSON.stringify(found));"].join("\n"),
    );
    const found = JSON.parse(inFolder(user, process.execPath, "doors.mjs")) as Record<string, number>;
    for (const door of doors) expect(found[door], `what ${door} exports`).to.be.greaterThan(0);
  });

  it("has types that a strict consumer can use", () => {
    const imports = doors.map((door, index) => `import * as door${index} from "${door}";`);
    const uses = [
      `export const doors = [${doors.map((_, index) => `door${index}`).join(", ")}];`,
      'import { UserError } from "onnx-topiary";',
      'export const code: string = new UserError("code", "message").code;',
      "// @ts-expect-error: a type that were lost on the way would be any, and this would pass",
      'export const wrong: number = new UserError("code", "message");',
    ];
    writeFileSync(join(user, "consumer.ts"), [...imports, ...uses].join("\n"));
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: "nodenext",
      target: "es2022",
      noEmit: true,
      // The declarations themselves are under test, and node's types are what every consumer on Node has.
      skipLibCheck: false,
      typeRoots: [join(root, "node_modules/@types")],
      types: ["node"],
    };
    writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    expect(typeErrors()).to.equal("");
  });

  function typeErrors(): string {
    try {
      return inFolder(user, process.execPath, join(root, "node_modules/typescript/bin/tsc"));
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  it("brings the command", () => {
    expect(inFolder(user, "npx", "--no", "--", "topiary", "--help")).to.match(/^Usage: topiary /);
    expect(inFolder(user, "npx", "--no", "--", "topiary", "--version")).to.equal(`${manifest.version}\n`);
  });

  it("makes pages, with the script that was bundled into it", () => {
    const model = join(user, "node_modules/onnx-topiary/fixtures/digits/digits.onnx");
    inFolder(user, "npx", "--no", "--", "topiary", "view", model, "-o", "page.html");
    expect(existsSync(join(user, "node_modules/esbuild"))).to.equal(false);
    const page = readFileSync(join(user, "page.html"), "utf8");
    expect(page).to.match(/<script>.{5000,}<\/script>/s);
    expect(page).to.include("digits.onnx");
  });

  it("answers --help within 200 ms", () => {
    const main = join(user, "node_modules/onnx-topiary/dist/cli/main.js");
    const time = (...args: string[]) => {
      const begun = performance.now();
      inFolder(user, process.execPath, ...args);
      return performance.now() - begun;
    };
    // In turns and the best of several, for the machine may be busy; then node itself takes longer as well.
    const times = Array.from({ length: 9 }, () => ({ help: time(main, "--help"), node: time("-e", "0") }));
    const best = Math.min(...times.map(({ help }) => help));
    const bare = Math.min(...times.map(({ node }) => node));
    expect(best, `ms; node alone takes ${bare}`).to.be.lessThan(Math.max(200, 3 * bare));
  });
});
