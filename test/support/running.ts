import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** How a process ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly said: string;
}

/**
 * Runs topiary in a process (and a group of processes) of its own, which is interrupted as soon as `reached` says so. Fails
 * where it ends by itself.
 */
export async function interruptTopiary(
  args: readonly string[],
  reached: () => boolean,
  interrupt: (running: ChildProcess) => void,
): Promise<Ended> {
  const all = ["--import", import.meta.resolve("tsx/esm"), main, ...args];
  const running = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [running.stdout, running.stderr])
    stream.on("data", (text: Buffer) => {
      said += text.toString();
    });
  const exit = once(running, "exit");
  while (!reached()) {
    if (running.exitCode !== null) throw new Error(`it ended by itself: ${said}`);
    await delay(5);
  }
  interrupt(running);
  const [code, signal] = (await exit) as [number | null, string | null];
  return { code, signal, said };
}
