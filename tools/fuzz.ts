/**
 * Checks the properties of slicing on many random networks:
 *
 *     node --import tsx/esm tools/fuzz.ts [networks] [seed]
 *
 * A network that fails is shrunk and printed as ONNX text; the exit code is 1.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const [networks = "10000", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const mocha = resolve(import.meta.dirname, "../node_modules/mocha/bin/mocha.js");
const { status } = spawnSync(process.execPath, [mocha, "test/rewrite/properties.test.ts"], {
  cwd: resolve(import.meta.dirname, ".."),
  env: { ...process.env, TOPIARY_FUZZ: networks, TOPIARY_FUZZ_SEED: seed },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
