/**
 * Checks the properties of slicing on many random networks:
 *
 *     node --import tsx/esm tools/fuzz.ts [networks] [seed]
 *
 * Pieces of 250 networks, each with a seed of its own (the given one, the next, ...), so that a run can be watched and
 * gone on with. A network that fails is shrunk and printed as ONNX text; the exit code is 1.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const PIECE = 250;

const [networks = "10000", first = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const mocha = resolve(import.meta.dirname, "../node_modules/mocha/bin/mocha.js");
let done = 0;
for (let seed = Number(first); done < Number(networks) && !process.exitCode; seed++) {
  const piece = Math.min(PIECE, Number(networks) - done);
  const { status, stdout } = spawnSync(process.execPath, [mocha, "test/rewrite/properties.test.ts"], {
    cwd: resolve(import.meta.dirname, ".."),
    env: { ...process.env, TOPIARY_FUZZ: String(piece), TOPIARY_FUZZ_SEED: String(seed) },
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  done += piece;
  process.exitCode = status ?? 1;
  console.log(status === 0 ? `${done} networks up to seed ${seed}: nothing wrong` : stdout);
}
