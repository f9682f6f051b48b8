import { expect } from "chai";
import { ProgressLine } from "../../src/cli/progress.js";

/** Reports once a second for `seconds` and gives back all that was written. */
function watch(seconds: number, isTTY: boolean): string[] {
  const written: string[] = [];
  let now = 0;
  const line = new ProgressLine({ write: (text) => written.push(text), isTTY }, () => now);
  const advance = line.start("pruning");
  for (let second = 1; second <= seconds; second++) {
    now = second * 1000;
    advance(second, 60);
  }
  line.clear();
  line.clear();
  return written;
}

describe("the progress line", () => {
  it("says nothing about work that is done within two seconds", () => {
    expect(watch(1, true)).to.deep.equal([]);
    expect(watch(1, false)).to.deep.equal([]);
  });

  it("is rewritten on a terminal, and taken off once", () => {
    expect(watch(3, true)).to.deep.equal([
      "\r\u001b[Kpruning 2/60 · 2 s",
      "\r\u001b[Kpruning 3/60 · 3 s",
      "\r\u001b[K",
    ]);
  });

  it("adds a line every ten seconds to a log", () => {
    expect(watch(25, false)).to.deep.equal([
      "pruning 2/60 · 2 s\n",
      "pruning 12/60 · 12 s\n",
      "pruning 22/60 · 22 s\n",
    ]);
  });
});
