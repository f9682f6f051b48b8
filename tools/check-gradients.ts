/**
 * Gradients of models' losses against PyTorch's autograd, tensor by tensor:
 *
 *     TOPIARY_PYTHON=python npx tsx tools/check-gradients.ts MODEL.onnx ...
 *
 * Python needs onnx, onnxruntime, numpy and torch. Errors are |g - exact| / |exact|, exact being PyTorch's float64.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModel, writeModel } from "../src/onnx/index.js";
import { inferShapes } from "../src/runtime/index.js";
import { classifierStep } from "../src/train/index.js";

const BATCH = 16;

interface Errors {
  readonly worst: number;
  readonly median: number;
  readonly where: string;
}

const python = process.env.TOPIARY_PYTHON;
if (!python) throw new Error("set TOPIARY_PYTHON to a Python with onnx, onnxruntime, numpy and torch");
const script = fileURLToPath(new URL("check-gradients.py", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "topiary-gradients-"));
const show = ({ worst, median, where }: Errors) =>
  `worst ${worst.toExponential(1)} (${where}), median ${median.toExponential(1)}`;

for (const path of process.argv.slice(2)) {
  const model = readModel(path);
  const input = model.graph.inputs.find(({ initializer }) => !initializer)?.name ?? "";
  const shapes = await inferShapes(model, { inputShapes: new Map([[input, [BATCH, 3, 32, 32]]]) });
  const step = classifierStep({ model, shapes }, { optimizer: { kind: "sgd" } });
  const [stepPath, layoutPath] = [join(folder, "step.onnx"), join(folder, "layout.json")];
  writeModel(step.model, stepPath);
  writeFileSync(layoutPath, JSON.stringify({ weights: step.weights, statistics: step.statistics }));
  const printed = execFileSync(python, [script, path, stepPath, layoutPath, String(BATCH)], {
    encoding: "utf8",
  });
  const { loss, tensors, topiary, torch32 } = JSON.parse(printed) as {
    loss: [number, number];
    tensors: number;
    topiary: Errors;
    torch32: Errors;
  };
  console.log(
    `${basename(path)}: loss ${loss[0].toFixed(6)} (PyTorch ${loss[1].toFixed(6)}), ${tensors} tensors`,
  );
  console.log(`  topiary          ${show(topiary)}`);
  console.log(`  PyTorch float32  ${show(torch32)}`);
}
rmSync(folder, { recursive: true, force: true });
// Children that infer shapes would keep the process.
process.exit(0);
