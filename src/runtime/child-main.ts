/** What a child process runs: it answers requests one after another until its parent is gone. */

import { Worker } from "node:worker_threads";
import { InvariantError, messageOf, UserError } from "../base/errors.js";
import type { TaskReply, TaskRequest } from "./task.js";

process.on("disconnect", () => process.exit());
watchParent();
// Ctrl-C reaches the whole process group; the parent decides what it means for its children.
process.on("SIGINT", () => {});
process.on("message", (request: TaskRequest) => {
  answer(request).then((reply) => process.send?.(reply));
});

async function answer({ id, module, name, args }: TaskRequest): Promise<TaskReply> {
  try {
    const exported: Record<string, unknown> = await import(module);
    const run = exported[name];
    if (typeof run !== "function") throw new InvariantError(`${module} exports no function ${name}`);
    return { id, ok: true, value: await run(args) };
  } catch (error) {
    return {
      id,
      ok: false,
      message: messageOf(error),
      code: error instanceof UserError ? error.code : undefined,
      stack: error instanceof Error ? error.stack : undefined,
    };
  }
}

/** Native code may run for minutes without looking at events: a thread notices when the parent was killed. */
function watchParent(): void {
  const code = `
    const parent = process.ppid;
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 500);`;
  new Worker(code, { eval: true, execArgv: [] }).unref();
}
