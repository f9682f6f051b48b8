import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Skips the running test or suite, with the reason in its title. */
export function skip(context: Mocha.Context, reason: string): never {
  const running = context.test ?? context.currentTest;
  if (running) running.title += ` [skipped: ${reason}]`;
  return context.skip();
}

/**
 * A file or folder of what the project's people keep beside it (TOPIARY_SHARED, otherwise ../shared); skips the test
 * where it is missing. Call it inside a test or a `before` hook.
 */
export function shared(context: Mocha.Context, path: string): string {
  const root = resolve(process.env.TOPIARY_SHARED ?? "../shared");
  const found = resolve(root, path);
  return existsSync(found) ? found : skip(context, `needs ${path} in ${root}`);
}

/** The folder of CIFAR-10 in its binary version (TOPIARY_CIFAR10); skips the test where it is not set. */
export function cifar10(context: Mocha.Context): string {
  return process.env.TOPIARY_CIFAR10 ?? skip(context, "needs TOPIARY_CIFAR10, CIFAR-10's binary version");
}

/** The Python interpreter for cross-checks (TOPIARY_PYTHON); skips the test where it is not set. */
export function python(context: Mocha.Context): string {
  return (
    process.env.TOPIARY_PYTHON ?? skip(context, "needs TOPIARY_PYTHON with onnx, onnxruntime, numpy, pillow")
  );
}
