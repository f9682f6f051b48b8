/**
 * Prunes many models to half of their MACs, lets an independent program judge each, and keeps a table:
 *
 *     npm run build && node --import tsx tools/zoo.ts TABLE.jsonl [NAME ...]
 *
 * Without names all classification models of torchvision below --max-mb (smallest first), each exported by
 * make_zoo.py, pruned by the built command, judged by verify_pruned.py, and deleted. --exporter legacy, dynamo, keep-bn or
 * dynamo-keep-bn; what --from DIR holds already is not exported again. --files DIR takes the ONNX files of a folder
 * instead, with --input-shape NAME:1,3,224,224 for those whose open sizes must be told. --peer adds Torch-Pruning's
 * seconds to the rows that are there. Rows already in the table are left out, so a run can be stopped and started
 * again; --markdown prints the table. Needs TOPIARY_SHARED (the tools) and TOPIARY_PYTHON (torch, onnxruntime).
 */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { command, exportModel, lastLine, python, seconds, torchvisionNames } from "./zoo/programs.js";
import { pruneAndJudge } from "./zoo/prune-and-judge.js";
import { markdown, type Row } from "./zoo/table.js";

const { values, positionals } = parseArgs({
  options: {
    exporter: { type: "string", default: "legacy" },
    "max-mb": { type: "string", default: "2000" },
    files: { type: "string" },
    from: { type: "string" },
    "input-shape": { type: "string", multiple: true },
    peer: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const [table = "", ...names] = positionals;
if (table === "") throw new Error("usage: zoo.ts TABLE.jsonl [NAME ...]");
const rows: Row[] = existsSync(table)
  ? readFileSync(table, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Row)
  : [];
const key = ({ model, exporter }: Pick<Row, "model" | "exporter">) => `${exporter} ${model}`;
const byKey = new Map(rows.map((row) => [key(row), row]));

if (values.markdown) console.log(markdown([...byKey.values()]));
else if (values.peer) addPeer();
else if (values.files !== undefined) await runFiles(resolve(values.files));
else await runTorchvision();

async function runTorchvision(): Promise<void> {
  const { exporter } = values;
  const chosen = names.length > 0 ? names : torchvisionNames(Number(values["max-mb"]));
  for (const model of chosen) {
    if (byKey.has(key({ model, exporter }))) continue;
    const folder = mkdtempSync(join(tmpdir(), "topiary-zoo-"));
    try {
      const exported = exportModel(model, exporter, Number(values["max-mb"]), folder, values.from);
      keep(
        "reason" in exported
          ? { model, exporter, failed: "export", reason: exported.reason }
          : { model, exporter, ...pruneAndJudge(exported.path, folder) },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function runFiles(folder: string): Promise<void> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
  for (const file of files.sort()) {
    const [model, exporter] = [file.slice(0, -".onnx".length), "file"];
    if (byKey.has(key({ model, exporter })) || (names.length > 0 && !names.includes(model))) continue;
    const work = mkdtempSync(join(tmpdir(), "topiary-zoo-"));
    try {
      keep({ model, exporter, ...pruneAndJudge(join(folder, file), work, values["input-shape"]) });
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
}

/** Torch-Pruning on the same architectures: its seconds for half of every group, the second time in one process. */
function addPeer(): void {
  const script = resolve(import.meta.dirname, "bench/peer_prune.py");
  for (const row of [...byKey.values()]) {
    if (row.exporter !== "legacy" || row.peer !== undefined) continue;
    const { status, out, time } = command(python(), [script], 240, `${row.model} 0.5\n`.repeat(2));
    const answer = status === 0 ? JSON.parse(lastLine(out)) : { error: `stopped after ${seconds(time)}` };
    keep({ ...row, peer: answer.seconds ?? answer.error });
  }
}

function keep(row: Row): void {
  byKey.set(key(row), row);
  appendFileSync(table, `${JSON.stringify(row)}\n`);
  console.log(`${row.model}: ${row.verified ? "verified" : "NOT VERIFIED"} ${row.reason ?? ""}`);
}
