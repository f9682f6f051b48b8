/**
 * The front door of the package. Each stage has a door of its own (`onnx-topiary/ir`, `onnx-topiary/onnx`, …), so that
 * importing one does not load the others.
 */
export { InvariantError, UserError } from "./base/errors.js";
