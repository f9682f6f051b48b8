import { UserError } from "../../src/base/errors.js";
import { task } from "../../src/runtime/index.js";

/** Tasks that do what models may do to a child process. */

export function double(values: Float32Array): Float32Array {
  return values.map((value) => 2 * value);
}

export function processId(): number {
  return process.pid;
}

export function refuse(reason: string): never {
  throw new UserError("refused", reason);
}

export function fail(reason: string): never {
  throw new RangeError(reason);
}

export function hang(): void {
  for (;;);
}

export function crash(): void {
  process.kill(process.pid, "SIGSEGV");
  hang();
}

/** Crashes until the file exists that it makes itself. */
export async function crashOnce(marker: string): Promise<string> {
  const { existsSync, writeFileSync } = await import("node:fs");
  if (existsSync(marker)) return "done";
  writeFileSync(marker, "");
  crash();
  return "not reached";
}

/** Takes memory bit by bit, for ten seconds at most. */
export async function devour(): Promise<number> {
  const taken: Uint8Array[] = [];
  for (let i = 0; i < 200; i++) {
    taken.push(new Uint8Array(10e6).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return taken.length;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const doubleTask = task(import.meta.url, double);
export const processIdTask = task(import.meta.url, processId);
export const refuseTask = task(import.meta.url, refuse);
export const failTask = task(import.meta.url, fail);
export const hangTask = task(import.meta.url, hang);
export const crashTask = task(import.meta.url, crash);
export const crashOnceTask = task(import.meta.url, crashOnce);
export const devourTask = task(import.meta.url, devour);
export const sleepTask = task(import.meta.url, sleep);
