/** Models as text, in ONNX's own syntax, and back. */
export * from "./parse.js";
export * from "./print.js";
