import type { ShapeTable } from "../../analysis/index.js";
import type { Model } from "../../ir/index.js";
import { type InputChoice, inferShapes, parseInputShape } from "../../runtime/index.js";
import type { Io } from "../io.js";
import { option } from "../option.js";

export const inputShapeFlag = option.list(
  "NAME:SIZES",
  "sizes for an input with open ones, such as input:1,3,224,224",
);

/** What `--input-shape` says, given any number of times. */
export function inputChoice(flags: readonly string[]): InputChoice {
  return { inputShapes: new Map(flags.map(parseInputShape)) };
}

/** Dimensions of all values of a model; takes a while for large ones. */
export function findShapes(model: Model, choice: InputChoice, io: Io): Promise<ShapeTable> {
  return io.wait("finding shapes", inferShapes(model, choice));
}
