import { expect } from "chai";
import { UserError } from "../../src/base/errors.js";

/** Runs `action`, which must fail with a UserError of `code` that takes one line; returns its message. */
export async function userError(code: string, action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.code, error.message).to.equal(code);
    expect(error.message).not.to.include("\n");
    return error.message;
  }
  throw new Error(`expected a UserError ${code}, nothing was thrown`);
}
