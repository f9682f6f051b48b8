import { UserError } from "../../base/errors.js";
import { bestTrial, type Study, StudyFolder } from "../../search/index.js";
import { argument, defineCommand } from "../command.js";
import { percentText } from "../output/numbers.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { folders: argument.many("DIR", "folders of studies") },
  options: {},
  example: {
    line: "topiary studies studies/gnn-rl-0 studies/random-0",
    gives: "A line for each: what was asked, how many plans were evaluated, and the best one.",
  },
  async run({ folders }) {
    const rows = await Promise.all(folders.map(async (folder) => rowOf(folder, await studyIn(folder))));
    rows.sort((a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity));
    const columns = ["study", "model", "policy", "seed", "asked", "trials", "best at", "MACs", "accuracy"];
    const lines = rows.map((row) => [
      row.folder,
      row.model,
      row.policy,
      String(row.seed),
      `${row.budget.kind} ${row.budget.kept}`,
      String(row.trials),
      row.best === null ? "" : String(row.best),
      row.keptMacs === null ? "" : percentText(row.keptMacs),
      row.accuracy === null ? "" : percentText(row.accuracy),
    ]);
    return {
      document: { studies: rows },
      text: tableText(
        columns.map((title) => ({ title })),
        lines,
      ),
    };
  },
});

async function studyIn(folder: string): Promise<Study> {
  const study = await StudyFolder.read(folder);
  if (study) return study;
  throw new UserError(
    "study-missing",
    `${folder}: there is no study (study.json) in this folder; topiary search makes one`,
  );
}

function rowOf(folder: string, { study, trials }: Study) {
  const best = bestTrial(trials.filter(({ met, stopped }) => met && !stopped));
  return {
    folder,
    model: study.model.file,
    policy: study.policy,
    seed: study.seed,
    budget: study.budget,
    trials: trials.length,
    best: best?.number ?? null,
    keptMacs: best?.keptMacs ?? null,
    accuracy: best?.accuracy ?? null,
    reward: best?.reward ?? null,
  };
}
