import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { openDataset } from "../../src/data/index.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";
import { collect } from "./collect.js";

/** An idx file of bytes. */
function idx(dims: readonly number[], values: readonly number[], magic = 0x0800 + dims.length): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.writeUInt32BE(magic, 0);
  for (const [axis, dim] of dims.entries()) header.writeUInt32BE(dim, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from(values)]);
}

const pixels = Array.from({ length: 3 * 2 * 4 }, (_, i) => i * 10);

describe("data/mnist", () => {
  const folder = new TemporaryFolder();
  const open = (name: string) => openDataset(`mnist:${folder.path(name)}`, { split: "test" });

  it("reads idx files, plain and gzipped, with either name", async () => {
    const images = idx([3, 2, 4], pixels);
    const labels = idx([3], [7, 0, 9]);
    folder.write("plain/t10k-images-idx3-ubyte", images);
    folder.write("plain/t10k-labels.idx1-ubyte", labels);
    folder.write("packed/t10k-images-idx3-ubyte.gz", gzipSync(images));
    folder.write("packed/t10k-labels-idx1-ubyte.gz", gzipSync(labels));
    for (const name of ["plain", "packed"]) {
      const dataset = await open(name);
      expect(dataset.shape).to.deep.equal([1, 2, 4]);
      const { x, y } = await collect(dataset);
      expect(y).to.deep.equal([7, 0, 9]);
      expect(x).to.deep.equal(pixels.map((value) => Math.fround(value / 255)));
    }
  });

  it("reads only the samples of the split", async () => {
    folder.write("ten/train-images-idx3-ubyte.gz", gzipSync(idx([10, 1, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])));
    folder.write("ten/train-labels-idx1-ubyte", idx([10], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]));
    const val = await openDataset(`mnist:${folder.path("ten")}`, { split: "val" });
    expect([[...val.labels], [...(await val.read([0]))]]).to.deep.equal([[0], [9]]);
    const two = await openDataset(`mnist:${folder.path("ten")}`, { split: "train", limit: 2 });
    expect([[...two.labels], [...(await two.read([0, 1]))]]).to.deep.equal([
      [9, 8],
      [0, 1],
    ]);
  });

  const labels = idx([3], [1, 2, 3]);
  const bad: readonly [
    name: string,
    code: string,
    message: RegExp,
    images: Buffer,
    labels: Buffer,
    gz?: boolean,
  ][] = [
    [
      "another magic number",
      "data-not-idx",
      /starts with 0x00000d03, expected 0x00000803/,
      idx([3, 2, 4], pixels, 0xd03),
      labels,
    ],
    ["a truncated header", "data-not-idx", /starts with 3 bytes/, Buffer.from([0, 0, 8]), labels],
    [
      "a truncated file",
      "data-wrong-size",
      /3 x 2 x 4 bytes, but its size is 39 bytes/,
      idx([3, 2, 4], pixels).subarray(0, -1),
      labels,
    ],
    [
      "an absurd size",
      "data-wrong-size",
      /4294967295 x 65535 x 65535 bytes/,
      idx([2 ** 32 - 1, 65535, 65535], pixels),
      labels,
    ],
    [
      "an absurd size in gzip",
      "data-wrong-size",
      /cannot hold it/,
      gzipSync(idx([2 ** 31, 28, 28], pixels)),
      labels,
      true,
    ],
    [
      "more in gzip than its header says",
      "data-not-gzip",
      /more than its header says/,
      gzipSync(idx([2, 2, 4], pixels)),
      idx([2], [1, 2]),
      true,
    ],
    [
      "less in gzip than its header says",
      "data-wrong-size",
      /unpacks to 40 bytes/,
      gzipSync(idx([3, 3, 4], pixels)),
      labels,
      true,
    ],
    ["no gzip", "data-not-gzip", /incorrect header check/, idx([3, 2, 4], pixels), labels, true],
    [
      "fewer labels than images",
      "data-wrong-size",
      /2 labels for the 3 images/,
      idx([3, 2, 4], pixels),
      idx([2], [1, 2]),
    ],
    [
      "a label out of range",
      "label-out-of-range",
      /labels-idx1-ubyte: sample 1 has label 10/,
      idx([3, 2, 4], pixels),
      idx([3], [1, 10, 3]),
    ],
  ];
  for (const [index, [name, code, message, images, y, gz]] of bad.entries()) {
    it(`refuses ${name}`, async () => {
      folder.write(`bad${index}/t10k-images-idx3-ubyte${gz ? ".gz" : ""}`, images);
      folder.write(`bad${index}/t10k-labels-idx1-ubyte`, y);
      expect(await userError(code, () => open(`bad${index}`))).to.match(message);
    });
  }

  it("says which files it looked for", async () => {
    folder.write("none/readme.txt", "");
    expect(await userError("data-file-missing", () => open("none"))).to.match(
      /none.t10k-images-idx3-ubyte does not exist/,
    );
    expect(await userError("data-not-found", () => open("nowhere"))).to.include("t10k-labels-idx1-ubyte");
  });
});
