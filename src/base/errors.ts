/**
 * Three roads for trouble: the user's input (`UserError`), our own bug (`invariant`), and "not applicable",
 * which is no exception at all but a value with a reason.
 */

/** What is wrong with something the user gave us; shown as one line, exit code 2, no stack. */
export class UserError extends Error {
  override readonly name = "UserError";

  /** `code` is stable and meant for programs; `message` says what, where, got and expected, and what to do. */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replaceAll(/\s*\n\s*/g, " "), options);
  }
}

/** A bug of topiary's own; asks the reader to report it. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws `InvariantError` unless `condition` holds. For what must be true if topiary itself is right. */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === "string" ? message : message());
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
