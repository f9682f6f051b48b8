import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { Child, ChildDied, inChild, Pool } from "../../src/runtime/index.js";
import { skip } from "../support/shared.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";
import {
  crashOnceTask,
  crashTask,
  devourTask,
  doubleTask,
  failTask,
  hangTask,
  processIdTask,
  refuseTask,
  sleepTask,
} from "./tasks.js";

/** Waits until no process has this id any more: neither running nor a zombie. */
async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    if (performance.now() > deadline) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("runtime/pool", () => {
  const folder = new TemporaryFolder();
  let pool: Pool;

  beforeEach(() => {
    pool = new Pool({ size: 1 });
  });

  afterEach(() => pool.close());

  it("runs a task in another process, typed arrays going there and back", async () => {
    expect(await pool.run(doubleTask, Float32Array.of(1, -2.5))).to.deep.equal(Float32Array.of(2, -5));
    expect(await pool.run(processIdTask, undefined)).not.to.equal(process.pid);
  });

  it("keeps its child for the next job", async () => {
    const first = await pool.run(processIdTask, undefined);
    expect(await pool.run(processIdTask, undefined)).to.equal(first);
  });

  it("hands over what the task threw, a UserError with its code", async () => {
    expect(await userError("refused", () => pool.run(refuseTask, "not today"))).to.equal("not today");
    const error = await pool.run(failTask, "off by one").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).with.property("message", "off by one");
  });

  it("kills a job that takes too long, without trying again, and goes on with the next", async () => {
    const child = await pool.run(processIdTask, undefined);
    const message = await userError("time-limit", () => pool.run(hangTask, undefined, { timeoutMs: 200 }));
    expect(message).to.equal("hang was stopped: it took longer than 0.2 s");
    await gone(child);
    expect(await pool.run(doubleTask, Float32Array.of(1))).to.deep.equal(Float32Array.of(2));
  });

  it("kills a job that takes too much memory", async function () {
    if (process.platform !== "linux") skip(this, "memory is watched on Linux only");
    const message = await userError("memory-limit", () => pool.run(devourTask, undefined, { memoryMb: 300 }));
    expect(message).to.equal("devour was stopped: it took more than 300 MB of memory");
  });

  it("does a job again when its child dies, once", async () => {
    expect(await pool.run(crashOnceTask, folder.path("marker"))).to.equal("done");
    const message = await userError("child-died", () => pool.run(crashTask, undefined));
    expect(message).to.match(/^crash crashed: the child process ended \(SIGSEGV\)/);
  });

  it("replaces a child after so many jobs", async () => {
    const recycling = new Pool({ size: 1, recycleAfter: 2 });
    const pids: number[] = [];
    for (let i = 0; i < 3; i++) pids.push(await recycling.run(processIdTask, undefined));
    recycling.close();
    expect(pids[1]).to.equal(pids[0]);
    expect(pids[2]).not.to.equal(pids[0]);
  });

  it("shares jobs among no more children than its size", async () => {
    const pair = new Pool({ size: 2 });
    const pids = await Promise.all(Array.from({ length: 5 }, () => pair.run(processIdTask, undefined)));
    pair.close();
    expect(new Set(pids).size).to.be.within(1, 2);
  });

  it("rejects what is under way and what waits when it is closed, and kills the child", async () => {
    const child = await pool.run(processIdTask, undefined);
    const jobs = [pool.run(sleepTask, 60_000), pool.run(sleepTask, 60_000)];
    const failures = jobs.map((job) => userError("stopped", () => job));
    pool.close();
    expect(await Promise.all(failures)).to.have.length(2);
    await gone(child);
  });

  it("goes on after a child died at rest", async () => {
    const child = await pool.run(processIdTask, undefined);
    process.kill(child, "SIGKILL");
    expect(await pool.run(processIdTask, undefined)).not.to.equal(child);
  });

  it("says what cannot pass between processes", async () => {
    const uncloneable = { ...doubleTask, run: (values: unknown) => values };
    const error = await pool.run(uncloneable, () => 1).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).with.property("message").that.includes("could not be cloned");
    expect(await pool.run(doubleTask, Float32Array.of(3))).to.deep.equal(Float32Array.of(6));
  });

  it("gives the whole program one warm child", async () => {
    expect(await inChild(processIdTask, undefined)).to.equal(await inChild(processIdTask, undefined));
  });
});

describe("runtime/child", () => {
  it("dies at once and says so to every caller", async () => {
    const child = new Child();
    const sleeping = child.call(sleepTask, 60_000).catch((error: unknown) => error);
    const { pid } = child;
    child.kill();
    expect(await sleeping).to.be.instanceOf(ChildDied);
    await gone(pid ?? 0);
    expect(child.alive).to.equal(false);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    it(`does not outlive a program that ends by ${signal}, busy as it is`, async () => {
      const program = `
        import { Child } from ${JSON.stringify(new URL("../../src/runtime/index.ts", import.meta.url).href)};
        import { hangTask, processIdTask } from ${JSON.stringify(new URL("./tasks.ts", import.meta.url).href)};
        const child = new Child();
        console.log(await child.call(processIdTask, undefined));
        await child.call(hangTask, undefined);`;
      const parent = spawn(
        process.execPath,
        ["--import", "tsx/esm", "--input-type=module", "--eval", program],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      parent.kill(signal);
      const [, endedBy] = (await once(parent, "exit")) as [number | null, NodeJS.Signals | null];
      expect(endedBy).to.equal(signal);
      await gone(Number(line));
    });
  }
});
