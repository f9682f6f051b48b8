import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { document } from "../support/command.js";
import { interruptTopiary } from "../support/running.js";
import { TemporaryFolder } from "../support/temporary.js";

const digits = fileURLToPath(new URL("../../fixtures/digits/digits.onnx", import.meta.url));
const TRIALS = 6;

/** The lines of a study's trials that are whole. */
function linesOf(study: string): string[] {
  const path = join(study, "trials.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

/** Trials without what differs from run to run. */
function trialsOf(study: string): object[] {
  return linesOf(study).map((line) => {
    const { seconds, time, ...trial } = JSON.parse(line);
    return trial;
  });
}

/** What a search says of its best plan, but for where it is written. */
function figuresOf(found: Record<string, unknown>): object {
  const { plan, model, ...figures } = found.best as Record<string, unknown>;
  return figures;
}

describe("an interrupted search", function () {
  this.timeout(240_000);
  const folder = new TemporaryFolder();
  const command = (study: string, policy: string, ...more: string[]) => [
    ...["search", digits, "--data", "digits", "--macs", "0.5", "--study", study, "--policy", policy],
    ...["--trials", String(TRIALS), "--images", "100", "--repair-images", "64", "--parallel", "2", ...more],
  ];

  for (const policy of ["evolution", "gnn-rl"]) {
    it(`killed by SIGKILL twice, loses only the running trials: ${policy}`, async () => {
      const [whole, killed] = [folder.path(`${policy}-whole`), folder.path(`${policy}-killed`)];
      const unbroken = await document(command(whole, policy));
      let kept: string[] = [];
      for (const [count, ...more] of [[1], [3, "--resume"]] as [number, ...string[]][]) {
        const { signal } = await interruptTopiary(
          command(killed, policy, ...more),
          () => linesOf(killed).length >= count,
          (running) => running.kill("SIGKILL"),
        );
        expect(signal).to.equal("SIGKILL");
        const lines = linesOf(killed);
        expect(lines.length).to.be.within(count, TRIALS - 1);
        expect(lines.slice(0, kept.length)).to.deep.equal(kept);
        kept = lines;
      }
      expect(existsSync(join(killed, "best.onnx"))).to.equal(false);
      const resumed = await document(command(killed, policy, "--resume"));
      expect(linesOf(killed).slice(0, kept.length)).to.deep.equal(kept);
      expect(trialsOf(killed)).to.deep.equal(trialsOf(whole));
      expect(figuresOf(resumed)).to.deep.equal(figuresOf(unbroken));
      for (const file of ["best.onnx", "best.plan.json", ...(policy === "gnn-rl" ? ["agent"] : [])])
        expect(Buffer.compare(readFileSync(join(killed, file)), readFileSync(join(whole, file)))).to.equal(0);
    });
  }
});
