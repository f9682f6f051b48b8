import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { parse } from "yaml";
import { datasetKinds, openDataset, parseSpec } from "../../src/data/index.js";
import { specFields } from "../../src/data/spec-fields.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";
import { collect } from "./collect.js";
import { bytesOf, npy, zip } from "./numpy-files.js";

describe("data/spec", () => {
  const folder = new TemporaryFolder();

  before(() => {
    const x = npy("|u1", [2, 3, 1, 1], Uint8Array.of(0, 51, 102, 153, 204, 255));
    const y = npy("<i4", [2], bytesOf(Int32Array.of(0, 1)));
    folder.write("data/tiny.npz", zip({ "x.npy": x, "y.npy": y }));
  });

  it("reads kind and path from text", async () => {
    expect(await parseSpec("cifar10:a/b:c")).to.deep.equal({ kind: "cifar10", path: "a/b:c" });
    expect(await parseSpec("images:photos.yaml")).to.deep.equal({ kind: "images", path: "photos.yaml" });
    expect(await parseSpec("digits")).to.deep.equal({ kind: "digits" });
  });

  it("refuses other text and says what is possible", async () => {
    for (const text of ["cifar:/x", "", "cifar10", "digits:x", "/some/folder"]) {
      const message = await userError("data-spec", () => parseSpec(text));
      if (text !== "cifar10") expect(message).to.include("cifar10:DIR, cifar100:DIR, mnist:DIR");
    }
    expect(await userError("data-spec", () => parseSpec("npz:"))).to.include("write npz:PATH");
  });

  it("reads a YAML or JSON description; paths are relative to it, flags take precedence", async () => {
    folder.write(
      "tiny.yaml",
      "kind: npz\npath: data/tiny.npz\nmean: [0.2, 0.4, 0.6]\nstd: [2]\nholdout: 1\nclasses: [no, yes]\n",
    );
    const fields = {
      kind: "npz",
      path: "data/tiny.npz",
      mean: [0.2, 0.4, 0.6],
      std: [2],
      holdout: 1,
      classes: ["no", "yes"],
    };
    folder.write("tiny.json", JSON.stringify(fields));
    for (const file of ["tiny.yaml", "tiny.json"]) {
      const dataset = await openDataset(folder.path(file), { split: "test" });
      expect(dataset.classes).to.deep.equal(["no", "yes"]);
      expect((await collect(dataset)).x).to.deep.equal([-0.1, -0.1, -0.1, 0.2, 0.2, 0.2].map(Math.fround));
      const other = await openDataset(folder.path(file), { split: "test", mean: [0], std: [0.5], limit: 1 });
      expect((await collect(other)).x).to.deep.equal([0, 0.4, 0.8].map(Math.fround));
    }
  });

  const bad: readonly [text: string, message: RegExp][] = [
    ["- npz", /must be a mapping with a kind/],
    ["path: x", /kind is missing, must be one of cifar10/],
    ["kind: toString\npath: x", /kind is "toString"/],
    ["kind: npz", /kind npz needs a path/],
    ["kind: npz\npath: x\nsize: 3", /size is no field of kind npz; it has kind, path, mean/],
    ["kind: npz\npath: x\nconstructor: 3", /constructor is no field/],
    ["kind: npz\npath: x\nmean: 0.5", /mean is 0\.5, must be a list of numbers/],
    ["kind: npz\npath: x\nstd: [1, 0]", /std is \[1,0\], must be a list of numbers above 0/],
    ["kind: npz\npath: x\nlimit: 1.5", /limit is 1\.5, must be a whole number above 0/],
    ["kind: npz\npath: x\nholdout: 2", /holdout is 2, must be a number from 0 to 1/],
    [
      "kind: images\npath: x\nsize: [1, 2, 3]",
      /size is \[1,2,3\], must be a whole number or \[height, width\]/,
    ],
    ["kind: images\npath: x\nchannels: 4", /channels is 4, must be 1 or 3/],
    ["kind: [", /cannot read data description/],
  ];
  for (const [text, expected] of bad) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      const file = folder.write("bad.yaml", text);
      const message = await userError("data-spec", () => openDataset(file, { split: "test" }));
      expect(message).to.match(expected).and.to.include("bad.yaml");
    });
  }

  it("refuses a description that is missing, too long, or JSON that is none", async () => {
    expect(await userError("data-spec", () => parseSpec("nowhere.yaml"))).to.include("no such file");
    const long = folder.write("long.json", Buffer.alloc((1 << 20) + 1, 32));
    expect(await userError("data-spec", () => parseSpec(long))).to.include("too long for a description");
    const json = folder.write("bad.json", "{kind");
    expect(await userError("data-spec", () => parseSpec(json))).to.include("cannot read data description");
  });

  it("checks flags as it checks descriptions", async () => {
    const open = (options: object) => () =>
      openDataset(`npz:${folder.path("data/tiny.npz")}`, { split: "test", holdout: 1, ...options });
    expect(await userError("data-spec", open({ limit: 0 }))).to.include("limit is 0");
    expect(await userError("data-spec", open({ std: [-1] }))).to.include("std is [-1]");
    expect(await userError("data-normalisation", open({ mean: [0, 0] }))).to.include(
      "mean has 2 numbers, its samples of shape [3, 1, 1] need 1 or 3",
    );
  });

  it("agrees with the JSON schema", () => {
    const schema = JSON.parse(readFileSync("schemas/dataset.schema.json", "utf8"));
    expect(Object.keys(schema.properties).sort()).to.deep.equal([...specFields.keys()].sort());
    expect(schema.properties.kind.enum).to.deep.equal([...datasetKinds]);
    const validate = new Ajv2020().compile(schema);
    const good = [
      { kind: "digits" },
      { kind: "images", path: "x", size: [2, 3], channels: 1, std: [1], holdout: 0 },
    ];
    for (const value of good) expect(validate(value), JSON.stringify(validate.errors)).to.equal(true);
    // What depends on the kind, and YAML that is none, is beyond the schema.
    const beyond = /needs a path|no field of kind npz; it has kind|cannot read/;
    const wrong = bad.filter(([, message]) => !beyond.test(message.source));
    expect(wrong).to.have.length.above(8);
    for (const [text] of wrong) expect(validate(parse(text)), text).to.equal(false);
  });
});
