import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { document } from "../../support/command.js";
import { interruptTopiary } from "../../support/running.js";
import { TemporaryFolder } from "../../support/temporary.js";

const digits = fileURLToPath(new URL("../../../fixtures/digits/digits.onnx", import.meta.url));
const STEPS = 10;

/** What a checkpoint says of where its run stands. */
function progressOf(path: string): { epochs: unknown[]; batch: number } | undefined {
  if (!existsSync(path)) return undefined;
  const [, head = ""] = readFileSync(path, "latin1").split("\n", 2);
  return JSON.parse(head).progress;
}

describe("an interrupted finetune", function () {
  this.timeout(120_000);
  const folder = new TemporaryFolder();
  const command = (out: string, ...more: string[]) => [
    ...["finetune", digits, "--data", "digits", "--limit", `${32 * STEPS}`, "--batch", "32", "--epochs", "2"],
    ...["--lr", "0.02", "--pad", "2", "--mixup", "0.2", "--threads", "1", "-o", folder.path(out), ...more],
  ];
  let whole: Buffer;

  before(async () => {
    await document(command("whole.onnx"));
    whole = readFileSync(folder.path("whole.onnx"));
  });

  /** Starts a run in a process of its own, which is interrupted by `interrupt` in the middle of its second epoch. */
  async function interrupted(out: string, interrupt: (running: ChildProcess) => void) {
    const checkpoint = folder.path(`${out}.checkpoint`);
    const reached = () => {
      const progress = progressOf(checkpoint);
      return progress?.epochs.length === 1 && progress.batch >= 3;
    };
    const { code, signal, said } = await interruptTopiary(
      command(out, "--checkpoint-every", "0"),
      reached,
      interrupt,
    );
    const progress = progressOf(checkpoint);
    expect(progress?.epochs).to.have.length(1);
    expect(progress?.batch).to.be.within(3, STEPS - 1);
    expect(existsSync(folder.path(out))).to.equal(false);
    return { code, signal, said };
  }

  async function expectSameEnd(out: string) {
    const { epochs } = await document(command(out, "--resume"));
    expect(epochs).to.have.length(2);
    expect(Buffer.compare(readFileSync(folder.path(out)), whole)).to.equal(0);
    expect(existsSync(folder.path(`${out}.checkpoint`))).to.equal(false);
  }

  it("killed by SIGKILL in mid-epoch, resumes and ends with the same bytes", async () => {
    const { signal } = await interrupted("killed.onnx", (running) => running.kill("SIGKILL"));
    expect(signal).to.equal("SIGKILL");
    await expectSameEnd("killed.onnx");
  });

  it("stopped by Ctrl-C, says how to go on, and ends with the same bytes", async () => {
    // A terminal sends it to the whole group of processes.
    const { code, said } = await interrupted("stopped.onnx", ({ pid }) =>
      process.kill(-Number(pid), "SIGINT"),
    );
    expect(code).to.equal(1);
    expect(said).to.contain("stopped; go on with the same command and --resume");
    await expectSameEnd("stopped.onnx");
  });
});
