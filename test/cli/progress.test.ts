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

  it("shows the time alone for work that does not count", () => {
    const written: string[] = [];
    let now = 0;
    const advance = new ProgressLine({ write: (text) => written.push(text) }, () => now).start("loading");
    advance();
    now = 2500;
    advance();
    expect(written).to.deep.equal(["loading · 3 s\n"]);
  });

  it("names the stages of what has taken two seconds", () => {
    const written: string[] = [];
    let now = 0;
    const stage = new ProgressLine({ write: (text) => written.push(text) }, () => now).stages();
    for (const [at, label] of [
      [1000, "reading"],
      [2100, "cutting"],
      [2200, "writing"],
    ] as const) {
      now = at;
      stage(label);
    }
    expect(written).to.deep.equal(["cutting · 2 s\n", "writing · 2 s\n"]);
  });
});
