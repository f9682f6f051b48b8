import { execFileSync } from "node:child_process";
import { expect } from "chai";
import sharp from "sharp";
import { Random } from "../../src/base/random.js";
import { openDataset } from "../../src/data/index.js";
import { python } from "../support/shared.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";

type Colour = readonly [red: number, green: number, blue: number];

const solid = (width: number, height: number, [r, g, b]: Colour) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

describe("data/images", () => {
  const folder = new TemporaryFolder();
  const open = (name: string, options: Partial<Parameters<typeof openDataset>[1]> = {}) =>
    openDataset(`images:${folder.path(name)}`, { split: "test", input: [3, 2, 2], ...options });

  before(async () => {
    for (const [set, count] of [["train", 20] as const, ["test", 2] as const]) {
      for (const [label, green] of [["cat", 10] as const, ["dog", 200] as const]) {
        for (let i = 0; i < count; i++) {
          folder.write(
            `sets/${set}/${label}/${String(i).padStart(2, "0")}.png`,
            await solid(2, 2, [i, green, 7]),
          );
        }
      }
    }
    folder.write("sets/train/cat/notes.txt", "not an image");
    folder.write("sets/train/cat/._00.png", "what some systems leave beside each file");
    folder.write("sets/.cache/x.png", "");
  });

  it("reads a folder for each class: channels first, classes interleaved", async () => {
    const dataset = await open("sets");
    expect([dataset.classes, dataset.shape]).to.deep.equal([
      ["cat", "dog"],
      [3, 2, 2],
    ]);
    expect([...dataset.labels]).to.deep.equal([0, 1, 0, 1]);
    expect(dataset.memoryBytes).to.equal(4 * 12);
    expect([...(await dataset.read([1, 2]))]).to.deep.equal([
      0, 0, 0, 0, 200, 200, 200, 200, 7, 7, 7, 7, 1, 1, 1, 1, 10, 10, 10, 10, 7, 7, 7, 7,
    ]);
  });

  it("takes val from train where there is no folder of it", async () => {
    const [train, val] = [await open("sets", { split: "train" }), await open("sets", { split: "val" })];
    expect([train.length, val.length]).to.deep.equal([36, 4]);
    expect([...(await val.read([0, 1, 2, 3]))].filter((_, i) => i % 12 === 0)).to.deep.equal([
      18, 18, 19, 19,
    ]);
  });

  it("takes val as test set beside train, and as val beside train and test", async () => {
    for (const [index, set] of ["train", "val", "test"].entries()) {
      const image = await solid(2, 2, [index, 0, 0]);
      folder.write(`three/${set}/only/a.png`, image);
      if (set !== "test") folder.write(`two/${set}/only/a.png`, image);
    }
    const red = async (name: string, split: "train" | "val" | "test") =>
      (await (await open(name, { split })).read([0]))[0];
    expect([
      await red("three", "train"),
      await red("three", "val"),
      await red("three", "test"),
    ]).to.deep.equal([0, 1, 2]);
    expect(await red("two", "test")).to.equal(1);
    // val/ is the test set here: no image of it may be read as val.
    expect(await userError("data-empty", () => red("two", "train"))).to.include("(of 1)");
    expect(await red("two", "val")).to.equal(0);
  });

  it("takes a folder that is called val or test as a test set as a whole", async () => {
    expect((await open("sets/test")).length).to.equal(4);
    expect(await userError("data-empty", () => open("sets/test", { split: "val" }))).to.include(
      "no sample is left for val",
    );
    expect((await open("sets/train", { split: "train" })).length).to.equal(36);
  });

  it("reads a file of labels with names or indices, with or without a heading", async () => {
    const image = await solid(2, 2, [1, 2, 3]);
    for (const name of ["a b.png", "c.png", "d.png"]) folder.write(`listed/${name}`, image);
    const cases: [file: string, content: string, labels: number[], classes: string[]][] = [
      ["labels.csv", "file,label\na b.png,zebra\nc.png,ape\nd.png,zebra\n", [1, 0, 1], ["ape", "zebra"]],
      ["labels.tsv", "a b.png\t2\r\nc.png\t0\r\n", [0, 2], ["0", "1", "2"]],
      ["labels.txt", "c.png ape\n\na b.png zebra\n", [0, 1], ["ape", "zebra"]],
    ];
    for (const [file, content, labels, classes] of cases) {
      const path = folder.path("listed");
      folder.write(`listed/${file}`, content);
      const spec = { kind: "images", path, labels: folder.path("listed", file), holdout: 1 } as const;
      const dataset = await openDataset(spec, { split: "test", input: [3, 2, 2] });
      expect([[...dataset.labels], dataset.classes]).to.deep.equal([labels, classes]);
    }
  });

  it("resizes the shorter side and crops the centre", async () => {
    // Left to right: 2 columns red, 4 green, 2 blue; the centre square is green.
    const stripes = Buffer.from(
      Array.from({ length: 4 * 8 }, (_, i) =>
        i % 8 < 2 ? [250, 0, 0] : i % 8 < 6 ? [0, 250, 0] : [0, 0, 250],
      ).flat(),
    );
    folder.write(
      "wide-test/x/a.png",
      await sharp(stripes, { raw: { width: 8, height: 4, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const green = [...new Array(16).fill(0), ...new Array(16).fill(250), ...new Array(16).fill(0)];
    expect([...(await (await open("wide-test", { input: [3, 4, 4] })).read([0]))]).to.deep.equal(green);
    const path = folder.path("wide-test");
    const half = await openDataset({ kind: "images", path, size: [2, 4] }, { split: "test" });
    const [first, ...row] = (await half.read([0])).subarray(8, 12);
    expect(half.shape).to.deep.equal([3, 2, 4]);
    expect([first, ...row.slice(0, 2)].every((value) => value !== undefined && value < 250)).to.equal(true);
    const resized = await openDataset({ kind: "images", path, size: 2, resize: 4 }, { split: "test" });
    expect([...(await resized.read([0]))]).to.deep.equal([0, 0, 0, 0, 250, 250, 250, 250, 0, 0, 0, 0]);
  });

  it("reads grey, transparent and 16-bit images, and makes grey of colour as Pillow does", async () => {
    const grey = { raw: { width: 2, height: 1, channels: 1 } } as const;
    folder.write("kinds-test/a/1.png", await sharp(Buffer.of(9, 90), grey).png().toBuffer());
    const alpha = sharp(Buffer.of(1, 2, 3, 0, 4, 5, 6, 128), { raw: { width: 2, height: 1, channels: 4 } });
    folder.write("kinds-test/a/2.png", await alpha.png().toBuffer());
    const deep = sharp(Uint16Array.of(257 * 7, 65535), grey);
    folder.write("kinds-test/a/3.png", await deep.toColourspace("grey16").png().toBuffer());
    const read = async (channels: 1 | 3) => {
      const dataset = await open("kinds-test", { input: [channels, 1, 2] });
      return [...(await dataset.read([0, 1, 2]))];
    };
    expect(await read(3)).to.deep.equal([9, 90, 9, 90, 9, 90, 1, 4, 2, 5, 3, 6, 7, 255, 7, 255, 7, 255]);
    // (R * 19595 + G * 38470 + B * 7471 + 32768) >> 16
    expect(await read(1)).to.deep.equal([9, 90, 2, 5, 7, 255]);
  });

  it("does not keep what is larger than the limit, and gives the same pixels", async () => {
    const { ImageSamples } = await import("../../src/data/image-samples.js");
    const paths = [0, 1, 2].map((i) => folder.path("sets", "train", "dog", `0${i}.png`));
    const shape = { channels: 3, height: 2, width: 2, resize: undefined } as const;
    const [kept, streamed] = [36, 35].map(
      (limit) => new ImageSamples(paths, new Int32Array(3), shape, limit),
    );
    expect([kept?.memoryBytes, streamed?.memoryBytes]).to.deep.equal([36, 0]);
    for (const indices of [[2, 0, 2], [1]]) {
      const expected = indices.flatMap((i) => [i, i, i, i, 200, 200, 200, 200, 7, 7, 7, 7]);
      expect([...((await kept?.read(indices)) ?? [])]).to.deep.equal(expected);
      expect([...((await streamed?.read(indices)) ?? [])]).to.deep.equal(expected);
    }
  });

  it("decodes an image once", async () => {
    folder.write("once-test/a/1.png", await solid(2, 2, [1, 2, 3]));
    const dataset = await open("once-test");
    const before = await dataset.read([0]);
    folder.write("once-test/a/1.png", await solid(2, 2, [9, 9, 9]));
    expect(await dataset.read([0])).to.deep.equal(before);
  });

  it("names what is wrong with a folder, a label, an image", async () => {
    expect(await userError("data-not-found", () => open("nowhere"))).to.match(
      /nowhere does not exist; expected .*folder for each class/,
    );
    folder.write("bare/readme.txt", "");
    expect(await userError("data-not-found", () => open("bare"))).to.include("holds no images");
    folder.write("hollow/cat/readme.txt", "");
    expect(await userError("data-not-found", () => open("hollow"))).to.match(/cat is a class without images/);
    folder.write("broken-test/cat/a.png", "text, no image");
    const broken = await open("broken-test");
    expect(await userError("data-not-image", () => broken.read([0]))).to.match(
      /cannot decode image .*a\.png/,
    );
    folder.write("odd/train/cat/a.png", await solid(2, 2, [0, 0, 0]));
    folder.write("odd/test/cow/a.png", await solid(2, 2, [0, 0, 0]));
    expect(await userError("label-out-of-range", () => open("odd"))).to.match(
      /a\.png has label cow, expected one of the 1 classes cat/,
    );
    folder.write("lines/labels.csv", "a.png,1\nb.png,2\n");
    folder.write("lines/a.png", await solid(2, 2, [0, 0, 0]));
    expect(await userError("data-labels", () => open("lines"))).to.include(
      "labels.csv line 2 names b.png, which does not exist",
    );
    expect(await userError("data-no-split", () => openOnlyTrain())).to.include("has no test set");
  });

  async function openOnlyTrain() {
    folder.write("only/train/cat/a.png", await solid(2, 2, [0, 0, 0]));
    return open("only");
  }

  it("asks for a size that it can make", async () => {
    const images = (spec: object, input?: [number, number, number]) => () =>
      openDataset({ kind: "images", path: folder.path("sets"), ...spec }, { split: "test", input });
    expect(await userError("data-size", images({}))).to.include("needs a size");
    expect(await userError("data-size", images({ size: 8, resize: 4 }))).to.include(
      "resize 4 is smaller than the size 8 x 8",
    );
    expect(await userError("data-size", images({}, [4, 2, 2]))).to.include(
      "1 or 3 channels, the model takes 4",
    );
  });

  it("resizes as Pillow does, within rounding", async function () {
    const interpreter = python(this);
    const random = new Random(1);
    const pixels = Buffer.from(Uint8Array.from({ length: 61 * 47 * 3 }, () => random.below(256)));
    const path = folder.write(
      "pillow-test/a/1.png",
      await sharp(pixels, { raw: { width: 61, height: 47, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const script = [
      "import sys; from PIL import Image",
      "image = Image.open(sys.argv[1]).convert('RGB').resize((31, 24), Image.BILINEAR).crop((4, 1, 26, 23))",
      "sys.stdout.buffer.write(b''.join(channel.tobytes() for channel in image.split()))",
    ].join("\n");
    const expected = execFileSync(interpreter, ["-c", script, path]);
    const spec = { kind: "images", path: folder.path("pillow-test"), size: 22, resize: 24 } as const;
    const actual = await (await openDataset(spec, { split: "test" })).read([0]);
    const differences = Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? -1000)));
    expect(Math.max(...differences)).to.be.at.most(2);
  });
});
