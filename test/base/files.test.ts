import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { memorySource } from "../../src/base/bytes.js";
import { checkWritable, writeFileAtomically, writeFilesAtomically } from "../../src/base/files.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";

describe("atomic writing", () => {
  const folder = new TemporaryFolder();

  function* failing(): Generator<string> {
    yield "half";
    throw new Error("no more");
  }

  it("writes chunks one after the other and counts their bytes", () => {
    const path = folder.path("a.txt");
    expect(writeFileAtomically(path, ["é", Uint8Array.of(0x21)])).to.equal(3);
    expect(readFileSync(path, "utf8")).to.equal("é!");
  });

  it("joins short chunks, long ones and what has to be fetched in their order", () => {
    const path = folder.path("long.bin");
    const numbers = Uint8Array.from({ length: 1_000_003 }, (_, i) => i * 7);
    const cuts = [0, 3, 100_003, 100_003, 400_000, 662_144, 662_145, numbers.length];
    const chunks = cuts.slice(1).map((end, i) => {
      const part = numbers.subarray(cuts[i], end);
      return i % 2 === 0 ? part : memorySource(part);
    });
    expect(writeFileAtomically(path, [...chunks, "!"])).to.equal(numbers.length + 1);
    const written = readFileSync(path);
    expect(Buffer.compare(written.subarray(0, -1), numbers)).to.equal(0);
    expect(written.at(-1)).to.equal(33);
  });

  it("leaves the old file and nothing else where a chunk fails", () => {
    const path = folder.write("old/a.txt", "old");
    expect(() => writeFileAtomically(path, failing())).to.throw("no more");
    expect(readFileSync(path, "utf8")).to.equal("old");
    expect(readdirSync(folder.path("old"))).to.deep.equal(["a.txt"]);
  });

  it("shows none of several files before all are written", () => {
    const first = folder.write("several/first", "old");
    const files = [
      { path: first, chunks: ["new"] },
      { path: folder.path("several/second"), chunks: failing() },
    ];
    expect(() => writeFilesAtomically(files)).to.throw("no more");
    expect(readFileSync(first, "utf8")).to.equal("old");
    expect(readdirSync(folder.path("several"))).to.deep.equal(["first"]);
    expect(writeFilesAtomically([files[0] ?? { path: first, chunks: [] }])).to.equal(3);
  });

  it("says what is wrong with the path", async () => {
    await userError("output-folder-missing", () => writeFileAtomically(folder.path("no/where"), ["x"]));
    expect(
      await userError("output-is-folder", () => writeFileAtomically(folder.path("."), ["x"])),
    ).to.include("folder");
  });

  it("says so before there is anything to write, and touches nothing", async () => {
    const path = folder.write("later/old.txt", "old");
    checkWritable(path);
    checkWritable(folder.path("later/new.txt"));
    await userError("output-folder-missing", () => checkWritable(folder.path("no/where")));
    await userError("output-folder-missing", () => checkWritable(`${path}/below`));
    await userError("output-is-folder", () => checkWritable(folder.path("later")));
    expect(readdirSync(folder.path("later"))).to.deep.equal(["old.txt"]);
    expect(readFileSync(path, "utf8")).to.equal("old");
  });
});
