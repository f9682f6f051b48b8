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

let inside = 0;

/** Seconds that this process has spent in onnxruntime so far, loading models and running them. */
export function engineSeconds(): number {
  return inside;
}

/** Counts what `work` takes, which is onnxruntime's. */
export async function inEngine<T>(work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    inside += (performance.now() - start) / 1000;
  }
}

/** The first line of a message, without more. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.trim() ?? "";
}
