/**
 * Writes the networks of the GNN-RL paper as ONNX files with seeded random weights:
 *
 *     node --import tsx tools/networks.ts FOLDER [NAME ...] [--form cifar|imagenet] [--classes N] [--seed N]
 *
 * FOLDER/NAME-FORM.onnx for every name (all by default) in every form it is published in (or the one given).
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeModel } from "../src/onnx/index.js";
import { buildNetwork, type Form, networks } from "./networks/list.js";
import { randomWeights } from "./networks/net.js";

const { values, positionals } = parseArgs({
  options: {
    form: { type: "string" },
    classes: { type: "string" },
    seed: { type: "string", default: "0" },
  },
  allowPositionals: true,
});
const [folder, ...names] = positionals;
const unknown = names.filter((name) => !networks.has(name));
if (folder === undefined || unknown.length > 0) {
  console.error(`usage: networks.ts FOLDER [NAME ...]; the names are ${[...networks.keys()].join(", ")}`);
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
for (const [name, bodies] of networks) {
  if (names.length > 0 && !names.includes(name)) continue;
  for (const form of ["cifar", "imagenet"] satisfies Form[]) {
    const body = bodies[form];
    if (!body || (values.form ?? form) !== form) continue;
    const classes = values.classes === undefined ? undefined : Number(values.classes);
    const { model } = buildNetwork(body, form, randomWeights(Number(values.seed)), classes);
    const path = join(folder, `${name}-${form}.onnx`);
    writeModel(model, path);
    console.log(path);
  }
}
