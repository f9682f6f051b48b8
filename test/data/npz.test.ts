import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { openDataset } from "../../src/data/index.js";
import { python } from "../support/shared.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";
import { collect } from "./collect.js";
import { bytesOf, npy, type ZipOptions, zip } from "./numpy-files.js";

const labels = (...values: number[]) =>
  npy("<i8", [values.length], bytesOf(BigInt64Array.from(values.map(BigInt))));
const bytes = (shape: readonly number[]) =>
  npy(
    "|u1",
    shape,
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 256),
  );

describe("data/npz", () => {
  const folder = new TemporaryFolder();
  const write = (name: string, arrays: Record<string, Uint8Array>, options?: ZipOptions) => {
    const files = Object.fromEntries(Object.entries(arrays).map(([key, value]) => [`${key}.npy`, value]));
    return folder.write(name, zip(files, options));
  };
  const open = (name: string, options = {}) =>
    openDataset(`npz:${folder.path(name)}`, { split: "test", ...options });

  it("reads x and y, stored or deflated; bytes are divided by 255", async () => {
    for (const deflate of [false, true]) {
      write("small-test.npz", { x: bytes([2, 1, 2, 2]), y: labels(3, 0) }, { deflate });
      const dataset = await open("small-test.npz");
      expect(dataset.shape).to.deep.equal([1, 2, 2]);
      expect(dataset.classes).to.deep.equal(["0", "1", "2", "3"]);
      const { x, y } = await collect(dataset);
      // One set is interleaved by class: 0 comes before 3.
      expect(y).to.deep.equal([0, 3]);
      expect(x).to.deep.equal([4, 5, 6, 7, 0, 1, 2, 3].map((value) => Math.fround(value / 255)));
    }
  });

  it("takes floats as they are, unless a scale is given", async () => {
    write("floats-test.npz", {
      x: npy("<f8", [2, 3], bytesOf(Float64Array.of(0, 1, 2, 3, 4, 5))),
      y: labels(0, 1),
    });
    const plain = await open("floats-test.npz", { mean: [1], std: [2] });
    expect(plain.shape).to.deep.equal([3]);
    expect((await collect(plain)).x).to.deep.equal([-0.5, 0, 0.5, 1, 1.5, 2]);
    expect((await collect(await open("floats-test.npz", { scale: 10 }))).x).to.deep.equal(
      [0, 0.1, 0.2, 0.3, 0.4, 0.5].map(Math.fround),
    );
  });

  it("moves channels that come last to the front, and adds the one of grey images", async () => {
    write("last-test.npz", { x: bytes([1, 2, 2, 3]), y: labels(0) });
    const last = await open("last-test.npz");
    expect(last.shape).to.deep.equal([3, 2, 2]);
    expect([...(await last.read([0]))]).to.deep.equal([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    const path = folder.path("last-test.npz");
    const first = await openDataset({ kind: "npz", path, layout: "nchw" }, { split: "test" });
    expect(first.shape).to.deep.equal([2, 2, 3]);
    write("grey-test.npz", { x: bytes([2, 4, 5]), y: labels(0, 0) });
    expect((await open("grey-test.npz")).shape).to.deep.equal([1, 4, 5]);
  });

  it("reads training and test arrays as sets of their own, in their order", async () => {
    const y = labels(...Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0)));
    write("sets.npz", {
      x_train: bytes([20, 1, 1]),
      y_train: y,
      x_test: bytes([2, 1, 1]),
      y_test: labels(1, 0),
    });
    const split = async (name: "train" | "val" | "test") => [
      ...(await open("sets.npz", { split: name })).labels,
    ];
    expect(await split("test")).to.deep.equal([1, 0]);
    expect(await split("val")).to.deep.equal([0, 0]);
    expect(await split("train")).to.deep.equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("splits one set in three that do not overlap, each with the classes in proportion", async () => {
    const classes = Array.from({ length: 200 }, (_, i) => (i < 100 ? 0 : 1));
    write("one.npz", { x: bytes([200, 1, 1]), y: labels(...classes) });
    const parts = new Map<string, number[]>();
    for (const split of ["train", "val", "test"] as const) {
      const dataset = await open("one.npz", { split });
      parts.set(split, [...(await dataset.read(dataset.labels.map((_, i) => i)))]);
      const ones = dataset.labels.reduce((sum, label) => sum + label, 0);
      expect(ones / dataset.length).to.equal(0.5);
    }
    expect([...parts.values()].map(({ length }) => length)).to.deep.equal([162, 18, 20]);
    expect([...parts.values()].flat().sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  it("lets the caller or the name say what is held out", async () => {
    write("both.npz", { x: bytes([10, 1, 1]), y: labels(0, 1, 0, 1, 0, 1, 0, 1, 0, 1) });
    expect((await open("both.npz", { holdout: 1 })).length).to.equal(10);
    expect((await open("both.npz", { holdout: 0.5 })).length).to.equal(5);
    write("our-train.npz", { x: bytes([10, 1, 1]), y: labels(0, 1, 0, 1, 0, 1, 0, 1, 0, 1) });
    expect((await open("our-train.npz", { split: "train" })).length).to.equal(9);
    expect(await userError("data-empty", () => open("our-train.npz"))).to.include(
      "no sample is left for test (of 10)",
    );
  });

  it("names arrays that a description asks for, and what the file has instead", async () => {
    const path = write("named.npz", { images: bytes([1, 1, 1, 1]), digits: labels(0) });
    const spec = { kind: "npz", path, x: "images", y: "digits", holdout: 1 } as const;
    expect((await openDataset(spec, { split: "test" })).length).to.equal(1);
    expect(await userError("data-array-missing", () => open("named.npz"))).to.match(
      /no array x and y, it has images, digits;/,
    );
  });

  const cases: readonly [name: string, code: string, message: RegExp, x: Buffer, y: Buffer][] = [
    [
      "labels of two axes",
      "data-labels",
      /y of .* has shape \[2, 2\]/,
      bytes([2, 1]),
      npy("|u1", [2, 2], new Uint8Array(4)),
    ],
    ["a negative label", "label-out-of-range", /sample 1 has label -1/, bytes([2, 1]), labels(0, -1)],
    [
      "a label that is no whole number",
      "label-out-of-range",
      /label 0\.5/,
      bytes([1, 1]),
      npy("<f4", [1], bytesOf(Float32Array.of(0.5))),
    ],
    [
      "more samples than labels",
      "data-wrong-size",
      /x of .* has shape \[3, 1\] for 2 labels/,
      bytes([3, 1]),
      labels(0, 1),
    ],
  ];
  for (const [name, code, message, x, y] of cases) {
    it(`refuses ${name}`, async () => {
      write("bad-test.npz", { x, y });
      expect(await userError(code, () => open("bad-test.npz"))).to.match(message);
    });
  }

  it("refuses a label outside the classes of the description", async () => {
    const path = write("named-test.npz", { x: bytes([2, 1]), y: labels(0, 2) });
    const open = () => openDataset({ kind: "npz", path, classes: ["a", "b"] }, { split: "test" });
    expect(await userError("label-out-of-range", open)).to.match(/sample 1 has label 2, expected 0 to 1/);
  });

  it("refuses files that are missing, no zip, damaged or lying about their size", async () => {
    expect(await userError("data-file-missing", () => open("nowhere.npz"))).to.include("numpy.savez");
    folder.write("text.npz", "no zip file at all, just text");
    expect(await userError("data-not-zip", () => open("text.npz"))).to.include("as a zip file");
    const good = zip({ "x.npy": bytes([1, 1]), "y.npy": labels(0) });
    folder.write("short.npz", good.subarray(0, -30));
    await userError("data-not-zip", () => open("short.npz"));
    const damaged = Buffer.from(good);
    damaged[damaged.indexOf("y.npy") + 5 + 128] = 77;
    folder.write("damaged.npz", damaged);
    expect(await userError("data-not-zip", () => open("damaged.npz"))).to.include("its checksum differs");
    write("bomb.npz", { x: bytes([1, 1]), y: labels(0) }, { deflate: true, claimedSize: 2 ** 31 });
    expect(await userError("data-not-zip", () => open("bomb.npz"))).to.include(
      "claims 2147483648 bytes in a file of",
    );
  });

  it("reads what numpy writes", async function () {
    const path = folder.path("numpy-test.npz");
    const script = [
      "import sys, numpy as np",
      "x = (np.arange(2 * 3 * 4 * 5) * 7 % 256).astype(np.uint8).reshape(2, 3, 4, 5)",
      "save = np.savez_compressed if sys.argv[2] == 'deflated' else np.savez",
      "save(sys.argv[1], x=np.asfortranarray(x) if sys.argv[3] == 'f' else x, y=np.array([4, 4], '>i2'))",
    ].join("\n");
    for (const variant of [
      ["stored", "c"],
      ["stored", "f"],
      ["deflated", "c"],
    ]) {
      execFileSync(python(this), ["-c", script, path, ...variant]);
      const dataset = await openDataset(`npz:${path}`, { split: "test" });
      expect([[...dataset.labels], dataset.shape]).to.deep.equal([
        [4, 4],
        [3, 4, 5],
      ]);
      expect([...(await dataset.read([0, 1]))]).to.deep.equal(
        Array.from({ length: 120 }, (_, i) => (i * 7) % 256),
      );
    }
  });
});
