import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { command, type Finished, lastLine, python, seconds, sharedTool } from "./programs.js";
import type { Outcome } from "./table.js";

/** The files of one run. */
interface Paths {
  readonly model: string;
  readonly out: string;
  readonly plan: string;
}

/**
 * Prunes a file to half of its MACs, as far as that goes exactly, and has the result judged. `inputShapes` are
 * "name:1,3,224,224" for files whose open sizes the judge would choose wrongly.
 */
export function pruneAndJudge(path: string, folder: string, inputShapes: readonly string[] = []): Outcome {
  const paths = { model: path, out: join(folder, "pruned.onnx"), plan: join(folder, "plan.json") };
  const mb = statSync(path).size / 1e6;
  const { budget, run } = pruneByHalf(paths, inputShapes);
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
  const reason = result.met ? undefined : `exact pruning goes no further: ${barriersText(result.barriers)}`;
  if (result.units.removed === 0) return { ...pruned, reason: reason ?? "nothing was removed" };
  return { ...pruned, reason, ...verdictOn(paths, inputShapes) };
}

/** Of the MACs, or of the parameters where no MACs can be counted. */
function pruneByHalf(paths: Paths, inputShapes: readonly string[]): { budget: string; run: Finished } {
  const run = prune(paths, "macs", inputShapes);
  if (run.status !== 2 || !/macs-unknown|nothing-to-prune/.test(run.out)) return { budget: "macs", run };
  return { budget: "params", run: prune(paths, "params", inputShapes) };
}

function prune({ model, out, plan }: Paths, budget: string, inputShapes: readonly string[]): Finished {
  const cli = resolve(import.meta.dirname, "../../dist/cli/main.js");
  const shapes = inputShapes.flatMap((shape) => ["--input-shape", shape]);
  const goal = [`--${budget}`, "0.5", "--best-effort"];
  const args = [cli, "prune", model, ...goal, ...shapes, "--json", "-o", out, "--plan", plan];
  return command(process.execPath, args, 900);
}

function barriersText(barriers: readonly { readonly code: string; readonly count: number }[]): string {
  return barriers.map(({ code, count }) => `${code} (${count})`).join(", ") || "nothing in the way";
}

/** What the independent program says of the pruned file. */
function verdictOn({ model, out, plan }: Paths, inputShapes: readonly string[]): Outcome {
  const shapes = inputShapes.flatMap((shape) => ["--shape", shape.replace(/:(?=[^:]*$)/, "=")]);
  const script = sharedTool("verify_pruned.py");
  const judged = command(python(), [script, model, out, plan, "--json", ...shapes], 1800);
  if (judged.out === "")
    return {
      failed: "verify",
      reason: lastLine(judged.error) || `verify stopped after ${seconds(judged.time)}`,
    };
  const { ok, error, problems, difference, noise } = JSON.parse(lastLine(judged.out));
  return {
    verified: ok,
    difference,
    noise,
    ...(!ok && { failed: "verify" }),
    problems: [error, ...problems].filter((text) => text),
  };
}

function refusalOf(out: string): string {
  if (out === "") return "";
  const { error } = JSON.parse(out);
  return `${error.code}: ${error.message}`;
}
