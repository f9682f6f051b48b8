import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { command, lastLine, python, seconds, sharedTool } from "./programs.js";
import type { Outcome } from "./table.js";

/**
 * Prunes a file to half of its MACs, as far as that goes exactly, and has the result judged. `inputShapes` are
 * "name:1,3,224,224" for files whose open sizes the judge would choose wrongly.
 */
export function pruneAndJudge(path: string, folder: string, inputShapes: readonly string[] = []): Outcome {
  const [out, plan] = [join(folder, "pruned.onnx"), join(folder, "plan.json")];
  const mb = statSync(path).size / 1e6;
  const cli = resolve(import.meta.dirname, "../../dist/cli/main.js");
  const prune = (budget: readonly string[]) =>
    command(
      process.execPath,
      [
        cli,
        "prune",
        path,
        ...budget,
        ...inputShapes.flatMap((shape) => ["--input-shape", shape]),
        "--best-effort",
        "--json",
        "-o",
        out,
        "--plan",
        plan,
      ],
      900,
    );
  let budget = "macs";
  let run = prune(["--macs", "0.5"]);
  if (run.status === 2 && /macs-unknown|nothing-to-prune/.test(run.out)) {
    budget = "params";
    run = prune(["--params", "0.5"]);
  }
  if (run.status === null) return { mb, failed: "prune", reason: `prune stopped after ${seconds(run.time)}` };
  if (run.status > 1) return { mb, failed: "prune", reason: refusalOf(run.out) || lastLine(run.error) };
  const result = JSON.parse(run.out);
  const pruned = {
    mb,
    budget,
    kept: result[budget].ratio,
    macs: result.macs,
    removable: result.removable,
    removed: result.units.removed,
    seconds: result.seconds,
    command: run.time,
  };
  const barriers = result.barriers.map(
    ({ code, count }: { code: string; count: number }) => `${code} (${count})`,
  );
  const held = result.met
    ? undefined
    : `exact pruning goes no further: ${barriers.join(", ") || "nothing in the way"}`;
  if (result.units.removed === 0) return { ...pruned, reason: held ?? "nothing was removed" };
  const shapes = inputShapes.flatMap((shape) => ["--shape", shape.replace(/:(?=[^:]*$)/, "=")]);
  const judged = command(
    python(),
    [sharedTool("verify_pruned.py"), path, out, plan, "--json", ...shapes],
    1800,
  );
  if (judged.out === "")
    return {
      ...pruned,
      failed: "verify",
      reason: lastLine(judged.error) || `verify stopped after ${seconds(judged.time)}`,
    };
  const verdict = JSON.parse(lastLine(judged.out));
  const { difference, noise } = verdict;
  const problems = [verdict.error, ...verdict.problems].filter((text) => text);
  return {
    ...pruned,
    verified: verdict.ok,
    difference,
    noise,
    ...(verdict.ok ? {} : { failed: "verify" }),
    reason: held,
    problems,
  };
}

function refusalOf(out: string): string {
  if (out === "") return "";
  const { error } = JSON.parse(out);
  return `${error.code}: ${error.message}`;
}
