import { UserError } from "../../base/errors.js";
import {
  type AxisVerdict,
  ChannelAnalysis,
  type GroupsDocument,
  groupsDocument,
  whyChannels,
} from "../../channels/index.js";
import type { Node } from "../../ir/index.js";
import { argument, defineCommand } from "../command.js";
import { frozenNames } from "../input/freeze.js";
import { openModel, withoutFunctions } from "../input/model.js";
import { rulesFlags, rulesFrom } from "../input/rules.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { option } from "../option.js";
import { barrierReasons } from "../output/reasons.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    why: option.text("NAME", "only say of this node or tensor why its channels stand together or stay"),
    freeze: option.list("GLOB", "names of nodes or tensors whose channels stay"),
    ...rulesFlags,
    inputShape: inputShapeFlag,
  },
  example: {
    line: "topiary groups resnet56.onnx",
    gives: "Which channels stand and fall together, and what keeps the others.",
  },
  async run({ model: path, inputShape, freeze, why, ...flags }, io) {
    const { model, label } = withoutFunctions(await openModel(path, io, { weights: "when needed" }));
    const isFrozen = frozenNames(freeze, model);
    const { of: dims } = await findShapes(model, inputChoice(inputShape), io);
    io.stage("following channels");
    const analysis = new ChannelAnalysis(model, dims, { ...rulesFrom(flags), isFrozen });
    const found = groupsDocument(analysis);
    if (why === undefined) return { document: found, text: textOf(found) };
    const verdicts = whyChannels(analysis, why);
    if (!verdicts) throw unknownName(why, label);
    const document = verdicts.map((each) => ({
      ...each,
      path: labelsOf(each.path),
      joined: each.joined.map((layer) => ({ ...layer, path: labelsOf(layer.path) })),
    }));
    return { document: { ...found, why: document }, text: whyText(why, verdicts) };
  },
});

function unknownName(name: string, label: string): UserError {
  return new UserError(
    "unknown-name",
    `--why ${name}: ${label} has no node and no tensor of that name; topiary text shows all names`,
  );
}

function textOf({ groups, barriers }: GroupsDocument): string {
  const groupTable = tableText(
    [
      { title: "group" },
      { title: "channels", align: "right" },
      { title: "units", align: "right" },
      { title: "cells" },
      { title: "made by" },
    ],
    groups.map(({ id, size, units, cells, producers }) => [
      id,
      String(size),
      String(units),
      cells.length > 1 ? cells.join("+") : "",
      some(producers.map(({ node }) => node)),
    ]),
  );
  const barrierTable = tableText(
    [
      { title: "barrier" },
      { title: "at" },
      { title: "tensor" },
      { title: "axis", align: "right" },
      { title: "channels stay because" },
    ],
    barriers.map(({ code, node, opType, tensor, axis }) => [
      code,
      `${opType} ${node}`.trim(),
      tensor,
      String(axis),
      barrierReasons[code],
    ]),
  );
  if (groups.length + barriers.length === 0)
    return "this model has no layer whose channels topiary can follow";
  return `${groupTable}\n\n${barriers.length > 0 ? barrierTable : "nothing keeps any channel"}`;
}

function some(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, 3).join(", ");
  return distinct.length > 3 ? `${shown} and ${distinct.length - 3} more` : shown;
}

function whyText(name: string, verdicts: readonly AxisVerdict[]): string {
  if (verdicts.length === 0) return `${name} carries no channels`;
  return verdicts.flatMap(verdictLines).join("\n");
}

/** How many of the layers that stand with some channels are written out. */
const MOST_LAYERS = 8;

function verdictLines({ tensor, axis, size, groups, frozen, barrier, path, joined }: AxisVerdict): string[] {
  const free = size - frozen;
  const lines = [`${tensor} axis ${axis}: ${size} channels`];
  if (free > 0) lines.push(`  ${free} can go, with group ${groups.join(", ")}`);
  for (const layer of joined.slice(0, MOST_LAYERS))
    lines.push(`    joined with ${layer.tensor} axis ${layer.axis} by ${chain(layer.path)}`);
  if (joined.length > MOST_LAYERS) lines.push(`    and with ${joined.length - MOST_LAYERS} more layers`);
  if (frozen === 0) return lines;
  const way = path.length > 0 ? `, which they reach through ${chain(path)}` : "";
  const at = barrier
    ? `${`${barrier.opType} ${barrier.node}`.trim()} ${barrier.tensor} axis ${barrier.axis}`
    : "";
  const reason = barrier ? `${barrierReasons[barrier.code]} (${barrier.code} at ${at.trim()}${way})` : "";
  return [...lines, `  ${frozen} stay: ${reason}`];
}

/** Nodes one after another; of a long chain both ends. */
function chain(path: readonly Node[]): string {
  const names = path.map(String);
  if (names.length === 0) return "being one axis";
  if (names.length <= 8) return names.join(", ");
  return `${names.slice(0, 4).join(", ")}, ${names.length - 8} more, ${names.slice(-4).join(", ")}`;
}

const labelsOf = (path: readonly Node[]) => path.map((node) => node.label);
