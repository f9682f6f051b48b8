import { writeFileSync } from "node:fs";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import type { Model } from "../../src/ir/index.js";
import { cloneModel } from "../../src/ir/index.js";
import { writeModel } from "../../src/onnx/index.js";
import { networks } from "../motifs/networks.js";
import { openBrowser, type WatchedPage, watched } from "../support/browser.js";
import { document, topiary } from "../support/command.js";
import { model } from "../support/graph.js";
import { TemporaryFolder } from "../support/temporary.js";

/** What a page shows just now. */
interface Shown {
  readonly open: number;
  readonly selected: string;
  readonly panel: string;
}

const HOSTILE = "</script><img src=x onerror=alert(1)>";

describe("the viewer, in Chromium", function () {
  this.timeout(60_000);
  const folder = new TemporaryFolder();
  let browser: Browser;
  before(async function () {
    browser = await openBrowser(this);
  });
  after(() => browser?.close());

  const saved = (name: string, of: Model) => {
    const path = folder.path(name);
    writeModel(of, path);
    return path;
  };
  const resnet = () => (networks.resnet as (style: "kept") => Model)("kept");

  async function viewed(of: Model, dark = false): Promise<WatchedPage> {
    const page = folder.path("page.html");
    const { code, err } = await topiary(["view", saved("model.onnx", of), "-o", page]);
    expect(code, err).to.equal(0);
    const opened = await watched(browser, page, dark);
    await opened.page.waitForSelector("#viewer[data-ready]");
    return opened;
  }

  const shown = (page: Page, pane = 0) =>
    page.evaluate<Shown>(`({
      open: topiary.panes[${pane}].open.size,
      selected: (topiary.panes[${pane}].tree.view.boxes[topiary.panes[${pane}].selected] ?? { title: "" }).title,
      panel: document.querySelector(".details").innerText,
    })`);

  /** Clicks in the middle of the first box with this title, or on the title of an open one. */
  async function click(page: Page, title: string, pane = 0): Promise<void> {
    const [x, y] = await page.evaluate<[number, number]>(`(() => {
      const pane = topiary.panes[${pane}];
      const box = pane.tree.view.boxes.findIndex((each) => each.title === ${JSON.stringify(title)});
      const [x, y] = pane.where(box);
      const { left, top } = pane.canvas.getBoundingClientRect();
      return [left + x, top + y];
    })()`);
    await page.mouse.click(x, y);
  }

  it("opens a block by a click, shows what is inside, and folds it again", async () => {
    const { page, trouble } = await viewed(resnet());
    const before = await shown(page);
    expect(before.selected).to.equal("");
    expect(before.panel).to.match(/MACs/);
    await click(page, "basic block");
    const opened = await shown(page);
    expect(opened.open).to.equal(before.open + 1);
    expect(opened.selected).to.equal("basic block");
    expect(opened.panel).to.match(/Conv\s+2/);
    await click(page, "basic block");
    expect((await shown(page)).open).to.equal(before.open);
    expect(trouble).to.deep.equal([]);
  });

  it("finds a layer by its operator, opens what is around it, and tells all about it", async () => {
    const { page, trouble } = await viewed(resnet());
    await page.keyboard.press("Tab");
    await page.getByPlaceholder("search").fill("globalaveragepool");
    expect(await page.locator(".results li").count()).to.equal(1);
    await page.keyboard.press("Enter");
    expect((await shown(page)).selected).to.equal("GlobalAveragePool");
    await page.getByPlaceholder("search").fill("conv");
    const hits = await page.locator(".results li").count();
    const convs = await page.evaluate<number>(
      "topiary.panes[0].tree.view.boxes.filter(({ card }) => card?.op === 'Conv').length",
    );
    expect(hits).to.be.at.least(convs);
    await page.keyboard.press("Enter");
    const { panel, selected } = await shown(page);
    expect(selected).to.match(/conv/i);
    expect(panel).to.match(/kernel_shape|inside/);
    expect(trouble).to.deep.equal([]);
  });

  it("is driven by keys alone", async () => {
    const { page, trouble } = await viewed(resnet());
    await page.locator("canvas").first().focus();
    await page.keyboard.press("ArrowDown");
    const first = (await shown(page)).selected;
    await page.keyboard.press("ArrowDown");
    const second = (await shown(page)).selected;
    expect(second).not.to.equal(first);
    await page.keyboard.press("f");
    await page.keyboard.press("e");
    const all = await page.evaluate<number>(
      "topiary.panes[0].tree.view.boxes.filter((box) => box.inside).length",
    );
    expect((await shown(page)).open).to.equal(all);
    await page.keyboard.press("f");
    expect((await shown(page)).open).to.equal(1);
    await page.keyboard.press("?");
    expect(await page.locator("dialog[open]").count()).to.equal(1);
    expect(trouble).to.deep.equal([]);
  });

  it("moves with the mouse and zooms about it", async () => {
    const { page } = await viewed(resnet());
    const camera = () =>
      page.evaluate<{ scale: number; x: number; y: number }>("({ ...topiary.panes[0].camera })");
    const before = await camera();
    await page.mouse.move(400, 400);
    await page.mouse.down();
    await page.mouse.move(350, 480, { steps: 4 });
    await page.mouse.up();
    const moved = await camera();
    expect((moved.x - before.x) * before.scale).to.be.closeTo(50, 15);
    expect((moved.y - before.y) * before.scale).to.be.closeTo(-80, 22);
    await page.mouse.wheel(0, -300);
    await page.waitForFunction(`topiary.panes[0].camera.scale > ${moved.scale} * 1.2`);
  });

  it("shows names as text, whatever they hold, and does nothing else", async () => {
    const hostile = model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[1,2,4,4] "${HOSTILE}in") => (float[1,2,4,4] "__proto__")
<float[2,2,1,1] "constructor"> { ["${HOSTILE}"] "<!--" = Conv ("${HOSTILE}in", "constructor") ["__proto__"] "__proto__" = Relu ("<!--") }`);
    const { page, trouble } = await viewed(hostile);
    await page.getByPlaceholder("search").fill("<img");
    expect(await page.locator(".results li").allTextContents()).to.include(`Conv ${HOSTILE}`);
    await page.keyboard.press("Enter");
    await page.getByPlaceholder("search").fill("__proto__");
    await page.keyboard.press("Enter");
    expect((await shown(page)).panel).to.include("__proto__");
    await page.evaluate(
      "topiary.select(0, topiary.panes[0].tree.view.boxes.findIndex((box) => box.card?.op === 'Conv'))",
    );
    expect((await shown(page)).panel).to.include(HOSTILE);
    expect(await page.locator("img").count()).to.equal(0);
    expect(await page.evaluate("({}).polluted ?? Object.prototype.toString.call({})")).to.equal(
      "[object Object]",
    );
    expect(trouble).to.deep.equal([]);
  });

  it("puts two models side by side, selects in both, and shows which channels went", async () => {
    const before = saved("before.onnx", resnet());
    const after = folder.path("after.onnx");
    await document(["prune", before, "--ratio", "0.5", "-o", after]);
    const file = folder.path("diff.html");
    const { code, err } = await topiary(["diff", before, after, "--html", file]);
    expect(code, err).to.equal(1);
    const { page, trouble } = await watched(browser, file, true);
    await page.waitForSelector("#viewer[data-ready]");
    expect(await page.locator("canvas").count()).to.equal(2);
    await click(page, "basic block", 1);
    expect((await shown(page, 0)).selected).to.equal("basic block");
    expect((await shown(page, 0)).open).to.equal((await shown(page, 1)).open);
    await page.evaluate(
      "topiary.select(0, topiary.panes[0].tree.view.boxes.findIndex(({ card }) => card?.strips.some((strip) => strip.removed)))",
    );
    const { panel } = await shown(page, 1);
    expect(panel).to.match(/2 of 4 kept, found again by their values/);
    expect(panel).to.match(/removed: \d/);
    expect(await page.locator("canvas.strip").count()).to.be.at.least(1);
    expect(trouble).to.deep.equal([]);
  });

  it("colours what was added and removed", async () => {
    const before = resnet();
    const after = cloneModel(before);
    const [relu] = after.graph.nodes.filter(({ opType }) => opType === "Relu");
    const [from, to] = [relu?.input(0), relu?.output(0)];
    if (!relu || !from || !to) throw new Error("the network has no Relu");
    after.graph.replaceAllUses(to, from);
    after.graph.remove([relu]);
    const file = folder.path("removed.html");
    await topiary(["diff", saved("a.onnx", before), saved("b.onnx", after), "--html", file]);
    const { page } = await watched(browser, file);
    await page.waitForSelector("#viewer[data-ready]");
    const statuses = await page.evaluate<string[]>(
      "topiary.panes[0].tree.view.boxes.filter(({ card, status }) => card && status === 'removed').map(({ title }) => title)",
    );
    expect(statuses).to.deep.equal(["Relu"]);
  });

  it("refuses what it was not made with: its policy lets no other script run", async () => {
    const { page } = await viewed(resnet());
    const file = folder.path("changed.html");
    const html = (await page.content()).replace("</body>", "<script>window.intruder = 1</script></body>");
    writeFileSync(file, html);
    const changed = await watched(browser, file);
    expect(await changed.page.evaluate("window.intruder ?? 'none'")).to.equal("none");
    expect(changed.trouble.join("\n")).to.match(/Content Security Policy/);
  });
});
