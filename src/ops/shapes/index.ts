import { attentionShapes } from "./attention.js";
import { elementwiseShapes } from "./elementwise.js";
import { movementShapes } from "./movement.js";
import { productShapes } from "./product.js";
import type { ShapeRule } from "./rule.js";
import { windowShapes } from "./window.js";

/** The shape rules of the standard operators that have one, by operator type. */
export const shapeRules: ReadonlyMap<string, ShapeRule> = new Map([
  ...attentionShapes,
  ...elementwiseShapes,
  ...movementShapes,
  ...productShapes,
  ...windowShapes,
]);
