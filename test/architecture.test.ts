import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../", import.meta.url));

/** A file that breaks a rule, its line, and the rule; no rule for what is allowed. */
const cases: [file: string, line: string, rule?: string][] = [
  ["src/base/upward.ts", 'import "../ir/target.js";', "order-base"],
  ["src/ir/upward.ts", 'import "../onnx/target.js";', "order-ir"],
  ["src/ir/type-upward.ts", 'import type { Target } from "../cli/target.js";', "order-ir"],
  ["src/channels/upward.ts", 'import "../search/target.js";', "order-channels"],
  ["src/report/upward.ts", 'import "../cli/target.js";', "order-report"],
  ["src/cli/commands/downward.ts", 'import "../../ir/target.js";'],
  ["src/ops/downward.ts", 'import "../ir/target.js";'],
  ["src/ir/format.ts", 'import "protobufjs";', "ir-knows-no-format"],
  ["src/ir/files.ts", 'import "node:fs";', "ir-knows-no-format"],
  ["src/ir/promised-files.ts", 'import "node:fs/promises";', "ir-knows-no-format"],
  ["src/ir/engine.ts", 'import "onnxruntime-node";', "ir-knows-no-format"],
  ["src/onnx/format.ts", 'import "protobufjs"; import "node:fs";'],
  ["src/search/format.ts", 'import "protobufjs";', "protobuf-only-in-onnx"],
  ["src/train/engine.ts", 'import "onnxruntime-node";', "engines-only-in-runtime"],
  ["src/runtime/engine.ts", 'import "onnxruntime-node";'],
  ["src/report/images.ts", 'import "sharp";', "images-only-in-data"],
  ["src/data/images.ts", 'import "sharp";'],
  ["src/rewrite/files.ts", 'import "node:fs";', "pure-stages-touch-no-files"],
  ["src/importance/plan.ts", 'import "../channels/plan.js";', "importance-knows-no-plans"],
  ["src/importance/units.ts", 'import "../channels/target.js";'],
  ["src/runtime/pruning.ts", 'import "../channels/target.js";', "runtime-knows-no-pruning"],
  ["src/data/models.ts", 'import "../ir/target.js";', "data-knows-no-models"],
  ["src/agent/models.ts", 'import "../channels/target.js";', "agent-knows-no-pruned-models"],
  ["src/search/onnx.ts", 'import "../onnx/target.js";', "search-knows-no-file-format"],
  ["src/report/computing.ts", 'import "../rewrite/target.js";', "report-computes-nothing"],
  ["src/report/drawing.ts", 'import type { Target } from "../rewrite/target.js";'],
  ["src/data/flags.ts", 'import "commander";', "commander-only-in-cli"],
  ["src/cli/heavy.ts", 'import "../onnx/target.js";', "help-starts-fast"],
  ["src/cli/lazy.ts", 'export const load = () => import("./commands/downward.js");'],
  ["src/cli/commands/other.ts", 'import "./downward.js";', "commands-stand-alone"],
  ["src/ir/front.ts", 'import "../index.js";', "front-door-is-for-guests"],
  ["src/ir/one.ts", 'import "./two.js";', "no-circular"],
  ["src/ir/two.ts", 'import "./one.js";'],
  ["src/ir/man.ts", 'import type { Target } from "./woman.js";'],
  ["src/ir/woman.ts", 'import type { Target } from "./man.js";'],
  ["src/ops/workshop.ts", 'import "../../test/target.js";', "src-stands-alone"],
  ["src/ops/development.ts", 'import "chai";', "no-dev-dependencies"],
  ["src/data/optional-peer.ts", 'import "mnist";'],
  ["src/report/script.ts", 'import "esbuild";'],
  ["src/ops/undeclared.ts", 'import "acorn";', "declared-dependencies"],
  ["src/ops/nowhere.ts", 'import "./nothing.js";', "resolvable"],
];

describe("the architecture", () => {
  it("every rule of .dependency-cruiser.mjs catches what it forbids, and only that", function () {
    this.timeout(60_000);
    const place = mkdtempSync(join(tmpdir(), "topiary-rules-"));
    try {
      const targets = ["src/index.ts", "src/channels/plan.ts", "test/target.ts"];
      for (const folder of "ir onnx channels rewrite search cli".split(" "))
        targets.push(`src/${folder}/target.ts`);
      for (const [file, line] of [
        ...targets.map((file) => [file, "export interface Target {}"] as const),
        ...cases,
      ]) {
        mkdirSync(join(place, dirname(file)), { recursive: true });
        writeFileSync(join(place, file), `${line}\nexport const x = 1;\n`);
      }
      symlinkSync(join(root, "node_modules"), join(place, "node_modules"), "junction");
      for (const name of ["package.json", "tsconfig.json"]) symlinkSync(join(root, name), join(place, name));

      const expected = cases.flatMap(([file, , rule]) => (rule ? [`${file} ${rule}`] : []));
      expect(violations(place).sort()).to.deep.equal(expected.sort());
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });

  // "One op, one entry": what an op means is asked of the op table, so that a new op is one file and one line.
  it("op types are compared by name only in the op table and in rewrite patterns", () => {
    const offenders = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/^(ops|rewrite)\//.test(file.replaceAll("\\", "/")))
      .filter((file) => /\bopType\s*[=!]==?\s*["'`]/.test(readFileSync(join(root, "src", file), "utf8")));
    expect(offenders).to.deep.equal([]);
  });
});

function violations(place: string): string[] {
  const cruiser = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const args = [cruiser, "--config", join(root, ".dependency-cruiser.mjs"), "--output-type", "json", "src"];
  const report = JSON.parse(execFileSync(process.execPath, args, { cwd: place, encoding: "utf8" })) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  return report.summary.violations.map(({ from, rule }) => `${from} ${rule.name}`);
}
