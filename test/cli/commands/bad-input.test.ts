import { readdirSync, readFileSync, truncateSync, unlinkSync } from "node:fs";
import { expect } from "chai";
import { numbersOf, Tensor } from "../../../src/ir/index.js";
import { modelToBytes, readModel, writeModel } from "../../../src/onnx/index.js";
import { Child } from "../../../src/runtime/index.js";
import { processIdTask } from "../../runtime/tasks.js";
import { topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock } from "../../support/models.js";
import { shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";

/** Whatever is wrong is said within this time. */
const MOST_SECONDS = 2;
/** What a child process takes to answer where nothing else keeps the machine busy. */
const CHILD_SECONDS = 0.5;
const TRIES = 3;

/** A time limit that a busy machine stretches: by how much longer than usual a child process takes right now. */
async function expectSoon(seconds: number): Promise<void> {
  if (seconds < MOST_SECONDS) return;
  const started = performance.now();
  const child = new Child();
  await child.call(processIdTask, undefined);
  child.kill();
  const slowdown = (performance.now() - started) / 1000 / CHILD_SECONDS;
  expect(seconds, `seconds, ${slowdown} times as slow as usual`).to.be.below(MOST_SECONDS * slowdown);
}

/** Standard error of a machine so slow that progress was shown first. */
function withoutProgress(err: string): string {
  return err.replace(/^.* · \d+ s\n/gm, "");
}

describe("bad input to the commands", function () {
  this.retries(TRIES - 1);
  const folder = new TemporaryFolder();
  const path = (name: string) => folder.path(name);

  /** What each test may use; files of a name are made once. */
  const files: Readonly<Record<string, () => void>> = {
    "good.onnx": () => writeModel(residualBlock(), path("good.onnx")),
    "noise.onnx": () =>
      folder.write(
        "noise.onnx",
        Uint8Array.from({ length: 999 }, (_, i) => (i * 89) & 255),
      ),
    "empty.onnx": () => folder.write("empty.onnx", ""),
    "text.onnx": () => folder.write("text.onnx", "# Not a model\n\nbut a text.\n"),
    "cut.onnx": () => {
      const bytes = modelToBytes(residualBlock());
      folder.write("cut.onnx", bytes.subarray(0, bytes.length / 2));
    },
    "alone.onnx": () => {
      writeModel(residualBlock(), path("alone.onnx"), { externalData: "always" });
      unlinkSync(path("alone.onnx.data"));
    },
    "short.onnx": () => {
      writeModel(residualBlock(), path("short.onnx"), { externalData: "always" });
      truncateSync(path("short.onnx.data"), 5000);
    },
    "leaving.onnx": () => {
      writeModel(residualBlock(), path("leaving.onnx"), { externalData: "always" });
      const bytes = readFileSync(path("leaving.onnx"), "latin1");
      folder.write(
        "leaving.onnx",
        Buffer.from(bytes.replaceAll("leaving.onnx.data", "../../../a/secret"), "latin1"),
      );
    },
    "nan.onnx": () => {
      const broken = residualBlock();
      const weight = broken.graph.find("down.weight")?.initializer;
      if (!weight) throw new Error("down.weight is gone");
      const values = Float32Array.from(numbersOf(weight), (value, i) => (i === 77 ? Number.NaN : value));
      broken.graph.setInitializer("down.weight", Tensor.float32("down.weight", weight.dims, values));
      writeModel(broken, path("nan.onnx"));
    },
    "custom.onnx": () =>
      writeModel(
        model(`<ir_version: 8, opset_import: ["" : 17, "elsewhere" : 1]> f (float[N,3,8,8] x) => (float[N,4,8,8] y)
          <float[4,3,1,1] w> { a = Conv(x, w) y = elsewhere.Blur(a) }`),
        path("custom.onnx"),
      ),
    "new.onnx": () => {
      const future = residualBlock();
      future.irVersion = 99;
      writeModel(future, path("new.onnx"));
    },
    "half.json": () => {},
    "list.json": () => folder.write("list.json", "[0.5]"),
    "whole.json": () => folder.write("whole.json", '{"up": 1}'),
    "nobody.json": () => folder.write("nobody.json", '{"layer9.*": 0.5}'),
    "torn.json": () => folder.write("torn.json", '{"stem": 0.5, "down": 0.25}'),
    "text.json": () => folder.write("text.json", "no plan"),
    "other.json": () => folder.write("other.json", '{"format":"topiary-plan/2"}'),
    "cifar/test_batch.bin": () => {
      const images = new Uint8Array(3 * 3073);
      images[2 * 3073] = 12;
      folder.write("cifar/test_batch.bin", images);
    },
    "folder.onnx": () => folder.write("folder.onnx/file", ""),
    "images.onnx": () =>
      writeModel(
        model(`<ir_version: 8, opset_import: ["" : 17]> f (float[N,3,32,32] x) => (float[N,2] y)
          <float[3072,2] w> { a = Flatten(x) y = MatMul(a, w) }`),
        path("images.onnx"),
      ),
    "five/test_batch.bin": () => {
      const images = new Uint8Array(3 * 3073);
      images[3073] = 5;
      folder.write("five/test_batch.bin", images);
    },
  };

  before(async () => {
    for (const make of Object.values(files)) make();
    const half = [
      "prune",
      path("good.onnx"),
      "--macs",
      "0.5",
      "-o",
      path("half.onnx"),
      "--plan",
      path("half.json"),
    ];
    // The first use of onnxruntime starts a process; a test that counts seconds should not.
    expect((await topiary(half)).code).to.equal(0);
  });

  /** A command line, in which $NAME is a file, and what its only line says. */
  const cases: [line: string, message: RegExp][] = [
    ["inspect $missing.onnx", /cannot read .*missing\.onnx: ENOENT/],
    ["inspect $folder.onnx", /folder\.onnx is a folder/],
    ["inspect $noise.onnx", /noise\.onnx: this is no ONNX model, or it is cut off/],
    ["inspect $empty.onnx", /empty\.onnx: the file is empty/],
    ["inspect $cut.onnx", /cut\.onnx: this is no ONNX model, or it is cut off/],
    ["inspect $text.onnx", /text\.onnx: this is no ONNX model, or it is cut off/],
    ["text $noise.onnx", /noise\.onnx: this is no ONNX model, or it is cut off/],
    ["groups $noise.onnx", /noise\.onnx: this is no ONNX model, or it is cut off/],
    ["evaluate $noise.onnx --data digits", /noise\.onnx: this is no ONNX model, or it is cut off/],
    ["latency $noise.onnx", /noise\.onnx: this is no ONNX model, or it is cut off/],
    [
      "verify $good.onnx $noise.onnx --plan $half.json",
      /noise\.onnx: this is no ONNX model, or it is cut off/,
    ],
    ["prune $noise.onnx --macs 0.5 -o $out.onnx", /noise\.onnx: this is no ONNX model, or it is cut off/],
    ["prune $cut.onnx --macs 0.5 -o $out.onnx", /cut\.onnx: this is no ONNX model, or it is cut off/],
    [
      "prune $alone.onnx --macs 0.5 -o $out.onnx",
      /tensor \S+: its data file .*alone\.onnx\.data cannot be found/,
    ],
    [
      "prune $short.onnx --macs 0.5 -o $out.onnx",
      /data file .*short\.onnx\.data has 5000 bytes, expected at least \d+/,
    ],
    [
      "prune $leaving.onnx --macs 0.5 -o $out.onnx",
      /data file "\.\.\/\.\.\/\.\.\/a\/secret" is not inside the model's folder/,
    ],
    ["evaluate $alone.onnx --data digits", /data file .*alone\.onnx\.data cannot be found/],
    ["latency $leaving.onnx", /is not inside the model's folder/],
    [
      "evaluate $custom.onnx --data cifar10:$five",
      /custom\.onnx: onnxruntime cannot load this model: .*elsewhere/,
    ],
    ["latency $good.onnx $custom.onnx", /custom\.onnx: onnxruntime cannot load this model: .*elsewhere/],
    ["latency $new.onnx", /new\.onnx: onnxruntime cannot load this model: its IR version is 99/],
    ["verify $custom.onnx $good.onnx --plan $half.json", /custom\.onnx: onnxruntime cannot load this model/],
    ["prune $custom.onnx --latency 0.5 -o $out.onnx", /custom\.onnx: onnxruntime cannot load this model/],
    ["prune $good.onnx --mcas 0.5 -o $out.onnx", /unknown option '--mcas' \(Did you mean --macs\?\)/],
    ["prune $good.onnx --macs 0.5", /required option '-o, --out <FILE>'/],
    ["prune $good.onnx -o $out.onnx", /give one budget, such as --macs 0\.5: .*got none/],
    ["prune $good.onnx --macs 0.5 --ratio 0.5 -o $out.onnx", /give one budget.*got --macs and --ratio/],
    ["prune $good.onnx --macs 1.5 -o $out.onnx", /--macs 1\.5: expected a kept share above 0, at most 1/],
    ["prune $good.onnx --latency 0 -o $out.onnx", /--latency 0: expected a kept share above 0, at most 1/],
    ["prune $good.onnx --ratio 1 -o $out.onnx", /--ratio 1: expected a removed share from 0 to below 1/],
    [
      "prune $good.onnx --macs 0.001 -o $out.onnx --plan $p.json",
      /--macs 0\.001: exact pruning reaches \S+ % .*--best-effort/,
    ],
    [
      "prune $good.onnx --macs 0.3 --max-ratio 0.2 -o $out.onnx",
      /exact pruning reaches 72\.5 % at least, not 30\.0 %; in the way: --max-ratio, --round-to or --sharing/,
    ],
    [
      "prune $nan.onnx --macs 0.5 -o $out.onnx --plan $p.json",
      /tensor down\.weight holds NaN \(first at element 77 of 1152\)/,
    ],
    [
      "prune $good.onnx --macs 0.5 --freeze nothing* -o $out.onnx",
      /--freeze nothing\*: no node and no tensor/,
    ],
    [
      "prune $good.onnx --macs 0.5 --input-shape img:1,3,8,8 -o $out.onnx",
      /input shape for img: the model's inputs are image/,
    ],
    [
      "prune $good.onnx --macs 0.5 --input-shape image:1,3,9,9 -o $out.onnx",
      /input shape for image: got 1,3,9,9, the model wants N,3,8,8/,
    ],
    [
      "prune $good.onnx --macs 0.5 --round-to wide -o $out.onnx",
      /--round-to wants a whole number of at least 1; got "wide"/,
    ],
    ["prune $good.onnx --ratios $list.json -o $out.onnx", /expected an object of names and shares/],
    [
      "prune $good.onnx --ratios $whole.json -o $out.onnx",
      /whole\.json: up: 1 is no removed share; expected a number from 0 to below 1/,
    ],
    [
      "prune $good.onnx --ratios $nobody.json -o $out.onnx",
      /nobody\.json: layer9\.\*: no node and no tensor/,
    ],
    [
      "prune $good.onnx --ratios $torn.json -o $out.onnx",
      /stem says 0\.5 and down says 0\.25, but both name layers of one group/,
    ],
    [
      "prune $good.onnx --ratios $text.json -o $out.onnx",
      /cannot read --ratios .*text\.json: Unexpected token/,
    ],
    [
      "prune $good.onnx --ratios $whole.json --macs 0.5 -o $out.onnx",
      /give one budget.*got --macs and --ratios/,
    ],
    [
      "prune $good.onnx --unstructured 1.2 -o $out.onnx",
      /--unstructured wants a share from 0 to 1 .*got "1\.2"/,
    ],
    ["prune $good.onnx --unstructured 4:4 -o $out.onnx", /or N:M with N below M, such as 2:4; got "4:4"/],
    ["prune $nan.onnx --unstructured 0.5 -o $out.onnx", /tensor down\.weight holds NaN/],
    [
      "prune $good.onnx --unstructured 0.5 -o $out.onnx --plan $p.json",
      /--plan says which channels go; --unstructured without a budget removes none/,
    ],
    [
      "prune $good.onnx --macs 0.5 -o $nowhere/out.onnx",
      /cannot write .*nowhere\/out\.onnx: its folder does not exist/,
    ],
    [
      "prune $good.onnx --macs 0.5 -o $out.onnx --plan $nowhere/p.json",
      /cannot write .*nowhere\/p\.json: its folder/,
    ],
    ["prune $good.onnx --macs 0.5 -o $folder.onnx", /cannot write .*folder\.onnx: it is a folder/],
    ["prune $good.onnx --macs 0.5 -o $out.onnx --plan $out.onnx", /-o and --plan both name .*out\.onnx/],
    [
      "prune $good.onnx --macs 0.5 -o $out.onnx --plan $out.onnx.data",
      /--plan names .*out\.onnx\.data, where/,
    ],
    ["apply $good.onnx --plan $missing.json -o $out.onnx", /cannot read the plan .*missing\.json: ENOENT/],
    ["apply $good.onnx --plan $text.json -o $out.onnx", /text\.json is no pruning plan: Unexpected token/],
    [
      "apply $good.onnx --plan $other.json -o $out.onnx",
      /other\.json is no pruning plan: its format is "topiary-plan\/2"/,
    ],
    [
      "apply $custom.onnx --plan $half.json -o $out.onnx",
      /the plan does not fit this model: it has no tensor stem\.weight/,
    ],
    ["apply - --plan - -o $out.onnx", /standard input: the file is empty/],
    [
      "verify $images.onnx $half.onnx --plan $half.json",
      /the plan cuts \S+, which is not a constant of the model/,
    ],
    ["evaluate $good.onnx --data cifar10:$nowhere", /nowhere/],
    ["evaluate $good.onnx --data cifar11:$cifar", /data "cifar11:.*" is none of cifar10:DIR/],
    ["evaluate $images.onnx --data cifar10:$cifar", /label 12/],
    ["evaluate $images.onnx --data cifar10:$five", /sample 1 has label 5, the model has classes 0 to 1/],
    [
      "evaluate $good.onnx --data cifar10:$five",
      /good\.onnx: input image takes \[N,3,8,8\], the data set gives \[N,3,32,32\]/,
    ],
    ["evaluate $images.onnx --data cifar10:$five --mean 1,2", /mean has 2 numbers/],
    [
      "evaluate $images.onnx --data cifar10:$five --provider abacus",
      /provider abacus: onnxruntime has .*cpu/,
    ],
    ["latency $good.onnx --provider abacus", /provider abacus: onnxruntime has .*cpu/],
  ];
  for (const [line, message] of cases) {
    it(`topiary ${line.replaceAll("$", "")}`, async () => {
      const before = readdirSync(folder.path());
      const args = line.split(" ").map((part) => part.replace("$", `${folder.path()}/`));
      const { code, out, err, seconds } = await topiary(args);
      expect(withoutProgress(err)).to.match(/^topiary: [^\n]+\n$/);
      expect(err).to.match(message);
      expect(out.toString()).to.equal("");
      expect(code).to.equal(2);
      expect(readdirSync(folder.path()), "nothing half-written").to.deep.equal(before);
      await expectSoon(seconds);
    });
  }

  it("leaves what was there before", async () => {
    const old = folder.write("old.onnx", "old");
    const { code } = await topiary(["prune", path("good.onnx"), "--macs", "0.001", "-o", old]);
    expect(code).to.equal(2);
    expect(readFileSync(old, "utf8")).to.equal("old");
  });

  describe("on files that onnxruntime cannot load", () => {
    const odd: [name: string, message: RegExp][] = [
      ["extdata_missing_mobilenet_v2_fp32.onnx", /its data file .* cannot be found/],
      ["extdata_missing_mobilenetv2_cifar10.onnx", /its data file .* cannot be found/],
      ["qonnx_TFC_2W2A.onnx", /onnx\.brevitas/],
      ["super_resolution_espcn.onnx", /which opset it needs/],
      ["superresolution_prepost_op18.onnx", /com\.microsoft\.extensions/],
    ];
    for (const [name, message] of odd) {
      for (const command of ["evaluate --data digits", "latency"]) {
        it(`topiary ${command} ${name}`, async function () {
          const { code, out, err, seconds } = await topiary([
            ...command.split(" "),
            shared(this, `models/odd/${name}`),
          ]);
          expect(withoutProgress(err)).to.match(/^topiary: [^\n]+\n$/);
          expect(err).to.match(message);
          expect([code, out.toString()]).to.deep.equal([2, ""]);
          await expectSoon(seconds);
        });
      }
    }
  });

  it("is a bug report only for bugs: the pruned model of this suite is sound", () => {
    expect(readModel(path("half.onnx")).graph.nodes).to.have.lengthOf(9);
  });
});
