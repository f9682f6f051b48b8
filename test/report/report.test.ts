import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { writeModel } from "../../src/onnx/index.js";
import { paretoFront } from "../../src/report/trial-charts.js";
import { openBrowser, watched } from "../support/browser.js";
import { document, topiary } from "../support/command.js";
import { residualBlock } from "../support/models.js";
import { studyDocument, trialDocument } from "../support/study.js";
import { TemporaryFolder } from "../support/temporary.js";

const HOSTILE = "</script><img src=x onerror=alert(1)>";

describe("topiary report", function () {
  this.timeout(60_000);
  const folder = new TemporaryFolder();

  /** The folder of a study with these trials; the model is beside it. */
  function study(name: string, changes: object, trials: readonly object[]): string {
    const path = folder.path(name);
    mkdirSync(path, { recursive: true });
    writeFileSync(`${path}/study.json`, JSON.stringify({ ...studyDocument(), ...changes }));
    writeFileSync(`${path}/trials.jsonl`, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(""));
    return path;
  }

  const trials = [
    { ...trialDocument(0), keptMacs: 0.49, accuracy: 0.81, reward: -0.19, ratios: [0.5, 0.25] },
    { ...trialDocument(1), keptMacs: 0.48, accuracy: 0.93, reward: -0.07, ratios: [0.125, 0.625] },
    { ...trialDocument(2), keptMacs: 0.9, accuracy: 0.94, reward: -0.06, met: false },
  ];

  async function html(...args: string[]): Promise<string> {
    const file = folder.path("report.html");
    await document(["report", ...args, "-o", file]);
    return readFileSync(file, "utf8");
  }

  /** What people read, without markup. */
  const words = (page: string) =>
    page
      .replaceAll(/<(style|script)[\s\S]*?<\/\1>/g, "")
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ");

  it("tells what was asked, what the best trial within the budget reached, and how to repeat it", async () => {
    const text = words(await html(study("s", {}, trials)));
    expect(text).to.include("macs 50.0 % 3 48.0 % 55.0 % 93.0 % 95.0 %");
    expect(text).to.include("0 conv1 8 12.5 %");
    expect(text).to.include("1 conv2, conv3 16 62.5 %");
    expect(text).to.include("topiary search net.onnx --data digits --macs 0.5 --seed 7 --study s");
    expect(text).to.include("The original model net.onnx is not here");
  });

  it("draws every trial, the front, the rewards and the ratios", async () => {
    const page = await html(study("s", {}, trials));
    const charts = page.split('<svg class="chart"').slice(1);
    expect(charts).to.have.length(3);
    const [accuracy = "", reward = "", ratios = ""] = charts;
    expect(accuracy.split("</svg>")[0]?.match(/translate\(/g)).to.have.length(3 + 1);
    expect(reward).to.include("best so far");
    const heights = [...ratios.matchAll(/<rect class="fill-0"[^>]* height="([\d.]+)"/g)].map(([, height]) =>
      Number(height),
    );
    expect(heights).to.have.length(2);
    expect((heights[1] as number) / (heights[0] as number)).to.be.closeTo(0.625 / 0.125, 0.02);
  });

  it("sets several studies beside each other, over their FLOPs", async () => {
    const text = words(
      await html(
        study("half", {}, trials),
        study("most", { budget: { kind: "macs", kept: 0.9 } }, [{ ...trials[2], met: true }]),
      ),
    );
    expect(text).to.include("Accuracy against FLOPs over budgets");
    expect(text).to.include("half random 7 macs 50.0 %");
    expect(text).to.include("most random 7 macs 90.0 %");
  });

  /** A study of a residual block, with its original and its best model. */
  async function studyWithModels(name: string, { ratio = "0.5", sha256 = "" } = {}): Promise<string> {
    const original = folder.path("net.onnx");
    writeModel(residualBlock(), original);
    const hash = createHash("sha256").update(readFileSync(original)).digest("hex");
    const path = study(name, { model: { file: original, sha256: sha256 || hash } }, trials);
    const plan = `${path}/best.plan.json`;
    await document(["prune", original, "--ratio", ratio, "-o", `${path}/best.onnx`, "--plan", plan]);
    return path;
  }

  it("shows the graphs and the diff where the models are at hand", async () => {
    const page = await html(await studyWithModels("with models"));
    expect(page).to.include('<div id="viewer"');
    const text = words(page);
    expect(text).to.match(/stem stem.weight 0 4\/8/);
    expect(text).to.match(/Plan of with models/);
    expect(text).not.to.include("is not here");
    expect(text).not.to.include("Latency");
  });

  it("compares nothing with a file that is not the study's original", async () => {
    const page = await html(await studyWithModels("other", { sha256: "ab".repeat(32) }));
    const text = words(page);
    expect(text).to.match(/net\.onnx is not the original of the study: .* that of the study abababababab…/);
    expect(text).not.to.include("They differ.");
    expect(text).to.match(/best\.onnx \d+ [\d.]+ k [\d.]+ [\d.]+ kB/);
  });

  it("shows what each of several studies made of the original", async () => {
    const paths = [await studyWithModels("half"), await studyWithModels("most", { ratio: "0.25" })];
    const text = words(await html(...paths));
    expect(text).to.match(/net\.onnx and half\/best\.onnx They differ\..* kept .* 4\/8/);
    expect(text).to.match(/net\.onnx and most\/best\.onnx They differ\..* kept .* 6\/8/);
    expect(text.match(/net\.onnx \d+ [\d.]+ k 100\.0 %/g)).to.have.lengthOf(1);
  });

  it("does without the plan that made another model", async () => {
    const path = await studyWithModels("restored");
    const args = ["prune", folder.path("net.onnx"), "--ratio", "0.25", "-o", folder.path("x.onnx")];
    await document([...args, "--plan", `${path}/best.plan.json`]);
    const text = words(await html(path));
    expect(text).to.include("was made by another plan than best.plan.json");
    expect(text).to.match(/stem stem.weight 0 4\/8/);
  });

  it("times the original and the best model of a study", async () => {
    const text = words(await html(await studyWithModels("timed"), "--latency"));
    const row = "[\\d.]+ ms [\\d.]+ ms [\\d.]+ % \\d+ MB \\d+";
    expect(text).to.match(new RegExp(`Latency .* net\\.onnx ${row} best\\.onnx ${row}`));
  });

  it("tells of a study that search has made", async () => {
    const [model, path] = ["fixtures/digits/digits.onnx", folder.path("searched")];
    const fast = ["--policy", "random", "--trials", "2", "--images", "20", "--repair-images", "8"];
    await document(["search", model, "--data", "digits", "--macs", "0.5", ...fast, "--study", path]);
    const page = await html(path);
    const text = words(page);
    expect(text).to.match(/searched random 0 macs 50\.0 % 2 [\d.]+ % [\d.]+ % [\d.]+ % [\d.]+ %/);
    expect(text).to.include("digits.onnx and best.onnx They differ.");
    expect(text).to.include("Plan of searched");
    const hash = createHash("sha256").update(readFileSync(model)).digest("hex");
    expect(text).to.match(new RegExp(`seed 0 model \\S*digits\\.onnx, SHA-256 ${hash} data digits`));
    expect(text).not.to.include("no diff and no graph");
    expect(page.split('<svg class="chart"')).to.have.length(4);
    expect(page).to.include('<div id="viewer"');
  });

  it("compares models, and times them where that is asked", async () => {
    const [a, b] = [folder.path("a.onnx"), folder.path("b.onnx")];
    writeModel(residualBlock(), a);
    await document(["prune", a, "--ratio", "0.5", "-o", b]);
    const text = words(await html(a, b));
    expect(text).to.match(/a\.onnx \d+ [\d.]+ k 100\.0 %/);
    expect(text).to.include("They differ.");
    expect(text).not.to.include("Latency");
  });

  it("refuses what is no study, and models among studies", async () => {
    const empty = folder.path("empty");
    mkdirSync(empty);
    const nothing = await topiary(["report", empty, "-o", "-"]);
    expect([nothing.code, nothing.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 2 && /study.json/.test(err),
    );
    const mixed = await topiary(["report", empty, "x.onnx", "-o", "-"]);
    expect(mixed.code).to.equal(2);
    expect(mixed.err).to.match(/not both at once/);
  });

  it("shows hostile names as text in a real browser, and fetches nothing", async function () {
    const browser = await openBrowser(this);
    try {
      const groups = [
        { id: HOSTILE, layers: [HOSTILE, "__proto__"], units: 8 },
        { id: "g1", layers: ["constructor"], units: 4 },
      ];
      const options = JSON.parse(`{ "__proto__": "${HOSTILE}" }`);
      const path = study("hostile", { groups, policy: HOSTILE, command: `x ${HOSTILE}`, options }, trials);
      const file = folder.path("hostile.html");
      await document(["report", path, "-o", file]);
      const { page, trouble } = await watched(browser, file);
      await page.locator("summary").first().click();
      expect(await page.locator("main").innerText()).to.include(`${HOSTILE}, __proto__`);
      expect(await page.locator("img").count()).to.equal(0);
      expect(trouble).to.deep.equal([]);
    } finally {
      await browser.close();
    }
  });
});

describe("paretoFront", () => {
  it("holds what nothing is smaller than and better", () => {
    expect(
      paretoFront([
        [0.5, 0.9],
        [0.4, 0.8],
        [0.45, 0.7],
        [0.6, 0.9],
        [0.4, 0.6],
      ]),
    ).to.deep.equal([
      [0.4, 0.8],
      [0.5, 0.9],
    ]);
    expect(paretoFront([])).to.deep.equal([]);
  });
});
