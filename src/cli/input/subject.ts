import { basename } from "node:path";
import type { ShapeTable } from "../../analysis/index.js";
import { ChannelAnalysis, groupsDocument } from "../../channels/index.js";
import { findMotifs } from "../../motifs/index.js";
import type { Subject } from "../../report/index.js";
import type { Io } from "../io.js";
import { barrierReasons } from "../output/reasons.js";
import type { OpenedModel } from "./model.js";

/** All that is shown of a model beside its graph: blocks and channel groups. */
export function subjectOf({ model, label }: OpenedModel, shapes: ShapeTable, io: Io): Subject {
  io.stage(`finding motifs of ${label}`);
  const tree = findMotifs(model.graph);
  io.stage(`following channels of ${label}`);
  const groups = groupsDocument(new ChannelAnalysis(model, shapes.of));
  return { model, label: basename(label), shapes, tree, channels: { groups, reasons: barrierReasons } };
}
