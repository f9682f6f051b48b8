import { UserError } from "../base/errors.js";

/** What onnxruntime's messages mean for the user, most specific first. */
const REASONS: readonly [RegExp, (match: RegExpExecArray) => string][] = [
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    ([, got, max]) =>
      `its IR version is ${got}, onnxruntime reads up to ${max}; export it with an older onnx`,
  ],
  [
    /Opset (\d+) is under development.*support for domain (\S+) is till opset (\d+)/s,
    ([, got, domain, max]) =>
      `it needs opset ${got} of ${domain}, onnxruntime knows up to ${max}; export with an older opset`,
  ],
  [
    /Missing opset in the model/,
    () => "it does not say which opset it needs (a file from before IR version 3)",
  ],
  [
    /In Node, \("([^"]*)", (\S+), "([^"]*)", .*No opset import for domain '([^']*)'/s,
    ([, node, type, , domain]) =>
      `node ${node} is ${type} of the custom domain ${domain}, which it does not import`,
  ],
  [
    /Fatal error: (\S+):(\w+)\(-?\d+\) is not a registered function/,
    ([, domain, type]) =>
      domain === "ai.onnx"
        ? `there is no operator ${type} in its opset`
        : `operator ${type} of the custom domain ${domain} is not known`,
  ],
  [
    /No Op registered for (\S+) with domain_version of (\d+)/,
    ([, type, opset]) => `there is no operator ${type} in opset ${opset}`,
  ],
  [
    /Could not find an implementation for (\w+)\((\d+)\) node with name '([^']*)'/,
    ([, type, , node]) => `operator ${type} is not implemented for its types${node ? ` (node ${node})` : ""}`,
  ],
  [/External data path does not exist: "([^"]*)"/, ([, path]) => `its weights file ${path} is missing`],
  [
    /Absolute path not allowed|escapes (?:model|working) directory/,
    () => "its external data points outside its folder",
  ],
  [/[Pp]rotobuf parsing failed/, () => "it is no ONNX file, or damaged"],
  [/ModelProto does not have a graph/, () => "it is empty: there is no graph in it"],
  [/File doesn't exist/, () => "there is no such file"],
  [
    /Unsupported data type: 16$/,
    () => "an input or output has type bfloat16, which onnxruntime-node cannot pass",
  ],
  [
    /Unsupported data type: (\d+)$/,
    ([, type]) => `an input or output has type number ${type}, which onnxruntime-node cannot pass`,
  ],
];

/** Why onnxruntime does not load a model, as a reader of the message can use it. */
export function reasonOf(message: string): string {
  for (const [pattern, reason] of REASONS) {
    const match = pattern.exec(message);
    if (match) return reason(match);
  }
  return plain(message);
}

/** The error for a model that has to run and cannot. */
export function notRunnable(label: string, message: string): UserError {
  return new UserError(
    "model-not-runnable",
    `${label}: onnxruntime cannot load this model: ${reasonOf(message)}`,
  );
}

/** onnxruntime's message without places in its own sources. */
function plain(message: string): string {
  const text = message.replace(/^Load model from .*? failed:/s, "").replace(/^\S+\.(?:cc|h):\d+ .*?\) /s, "");
  return text.length > 300 ? `${text.slice(0, 300)}…` : text.trim();
}
