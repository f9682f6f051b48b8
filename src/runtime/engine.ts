import { messageOf, UserError } from "../base/errors.js";

type Engine = typeof import("onnxruntime-node");

let engine: Promise<Engine> | undefined;

/** onnxruntime-node, loaded when it is first needed and kept quiet. Throws a UserError where it cannot be loaded. */
export function loadEngine(): Promise<Engine> {
  engine ??= import("onnxruntime-node").then(
    (loaded) => {
      // Must be set before the first session; nothing of onnxruntime's own goes to standard error.
      loaded.env.logLevel = "fatal";
      return loaded;
    },
    (error: unknown) => {
      throw new UserError(
        "engine-missing",
        `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}: ${firstLine(messageOf(error))}`,
        { cause: error },
      );
    },
  );
  return engine;
}

/** The first line of a message, without more. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.trim() ?? "";
}
