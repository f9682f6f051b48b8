import type { Scene } from "../scene.js";
import { details, overviewOf, type Place } from "./details.js";
import { button, element } from "./dom.js";
import { helpDialog, press } from "./keys.js";
import { readPalette } from "./palette.js";
import { Pane } from "./pane.js";
import { Search } from "./search.js";

/** The page: one or two panes, a search, and a panel about what is selected. */
export class Page {
  readonly panes: readonly Pane[];
  /** For each view, its boxes' partners in the other. */
  readonly #partners: readonly ReadonlyMap<number, number>[];
  readonly #panel = element("div", { class: "details" });
  readonly #search: Search;
  readonly #said = element("p", { class: "said" });
  readonly #help = helpDialog();

  constructor(
    readonly scene: Scene,
    readonly root: HTMLElement,
  ) {
    const palette = readPalette();
    this.#partners = [new Map(scene.pairs), new Map(scene.pairs.map(([a, b]) => [b, a]))];
    this.panes = scene.views.map(
      (view, index) =>
        new Pane(view, palette, scene.views.length > 1, {
          click: (box) => this.click(index, box),
          moved: (dx, dy, factor, at) => {
            for (const pane of this.panes) {
              if (factor !== 1) pane.zoom(factor, at);
              pane.pan(dx, dy);
            }
          },
          key: (event) => this.#key(index, event),
        }),
    );
    this.#search = new Search(this.panes, (view, box) => this.select(view, box));
    this.#said.setAttribute("aria-live", "polite");
    this.#build();
    this.#showOverview();
  }

  #build(): void {
    const bar = element(
      "div",
      { class: "bar" },
      this.#search.input,
      this.#search.count,
      button("−", "zoom out", () => this.zoom(1 / 1.4)),
      button("+", "zoom in", () => this.zoom(1.4)),
      button("start", "go to the start", () => this.each((pane) => pane.fit())),
      button("all", "show everything at once", () => this.each((pane) => pane.overview())),
      button("open", "open everything", () => this.openAll(true)),
      button("fold", "fold everything", () => this.openAll(false)),
      button("◐", "light or dark", () => this.#toggleTheme()),
      button("?", "keys", () => this.toggleHelp()),
    );
    const legend = this.scene.views.length > 1 ? [legendElement()] : [];
    this.root.append(
      bar,
      element("div", { class: "panes" }, ...this.panes.map(({ root }) => root)),
      element("aside", {}, ...legend, this.#search.results, this.#panel),
      this.#said,
      this.#help,
    );
    for (const pane of this.panes) pane.fit();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    this.#printLight();
  }

  each(act: (pane: Pane) => void): void {
    for (const pane of this.panes) act(pane);
  }

  zoom(factor: number): void {
    this.each((pane) => pane.zoom(factor, [pane.size[0] / 2, pane.size[1] / 2]));
  }

  /** Paper is white: the canvases are painted in light colours while the page is printed. */
  #printLight(): void {
    const { dataset } = document.documentElement;
    let before: string | undefined;
    const paintIn = (theme: string | undefined) => {
      if (theme === undefined) delete dataset.theme;
      else dataset.theme = theme;
      this.#recolour();
      this.each((pane) => pane.paintNow());
    };
    addEventListener("beforeprint", () => {
      before = dataset.theme;
      paintIn("light");
    });
    addEventListener("afterprint", () => paintIn(before));
  }

  /** What a click on a box does: select, and open or fold. */
  click(view: number, box: number): void {
    const pane = this.panes[view];
    pane?.canvas.focus();
    if (!pane || box < 0) {
      this.select(view, -1);
      return;
    }
    if (pane.tree.box(box).inside) this.setOpen(view, box, !pane.open.has(box));
    this.select(view, box);
  }

  setOpen(view: number, box: number, isOpen: boolean): void {
    this.panes[view]?.setOpen([box], isOpen, box);
    const partner = this.#partners[view]?.get(box);
    const other = this.panes[1 - view];
    if (partner === undefined || !other) return;
    if (isOpen) other.setOpen([partner, ...other.tree.outer(partner)], true, partner);
    else other.setOpen([partner], false, partner);
  }

  openAll(isOpen: boolean): void {
    for (const pane of this.panes) {
      pane.setOpen(pane.tree.view.boxes.keys(), isOpen);
      if (isOpen) pane.repaint();
      else pane.fit();
    }
    for (const [view, pane] of this.panes.entries()) if (pane.selected >= 0) this.select(view, pane.selected);
  }

  /** Selects a box and what it is in the other model; -1 selects nothing. */
  select(view: number, box: number): void {
    for (const pane of this.panes) {
      pane.selected = -1;
      pane.companions = new Set();
      pane.repaint();
    }
    const pane = this.panes[view];
    if (!pane || box < 0) {
      this.#showOverview();
      return;
    }
    pane.selected = box;
    pane.reveal(box);
    const places: Place[] = [{ view, tree: pane.tree, box }];
    const partner = this.#partners[view]?.get(box);
    const other = this.panes[1 - view];
    if (partner !== undefined && other) {
      other.selected = partner;
      other.setOpen(other.tree.outer(partner), true, other.tree.shown(partner, other.open));
      other.camera.scale = pane.camera.scale;
      other.bringTo(partner, pane.where(box));
      places.push({ view: 1 - view, tree: other.tree, box: partner });
    }
    places.sort((a, b) => a.view - b.view);
    const own = pane.tree.box(box);
    this.#said.textContent = `${own.card?.op ?? own.title} ${own.card?.name ?? own.subtitle}${own.status === "same" ? "" : `, ${own.status}`}`;
    this.#show(
      details(places, {
        palette: pane.palette,
        width: Math.max(200, this.#panel.clientWidth - 2),
        isDiff: this.panes.length > 1,
        goTo: (to, target) => this.select(to, target),
        showGroup: (to, group) => this.#showGroup(to, group),
      }),
    );
  }

  #showOverview(): void {
    this.#said.textContent = "";
    this.#show(this.scene.views.flatMap(overviewOf));
  }

  #show(nodes: readonly Node[]): void {
    this.#panel.replaceChildren(...nodes);
    this.#panel.scrollTop = 0;
  }

  #showGroup(view: number, group: number): void {
    const pane = this.panes[view];
    if (!pane) return;
    const boxes = pane.tree.view.groups[group]?.boxes ?? [];
    pane.companions = new Set(boxes.flatMap((box) => [box, pane.tree.shown(box, pane.open)]));
    pane.repaint();
  }

  #key(view: number, event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pane = this.panes[view];
    if (!pane || !press(this, view, pane, event.key)) return;
    event.preventDefault();
  }

  focusSearch(): void {
    this.#search.focus();
  }

  toggleHelp(): void {
    if (this.#help.open) this.#help.close();
    else this.#help.showModal();
  }

  #toggleTheme(): void {
    const root = document.documentElement;
    const isDark =
      getComputedStyle(root).colorScheme === "dark" ||
      (root.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = isDark ? "light" : "dark";
    this.#recolour();
  }

  #recolour(): void {
    const palette = readPalette();
    const selected = this.panes.findIndex((pane) => pane.selected >= 0);
    for (const pane of this.panes) {
      pane.palette = palette;
      pane.repaint();
    }
    if (selected >= 0) this.select(selected, this.panes[selected]?.selected ?? -1);
  }
}

function legendElement(): HTMLElement {
  const entries = [
    ["removed", "− removed"],
    ["added", "+ added"],
    ["changed", "~ changed"],
  ] as const;
  return element(
    "p",
    { class: "legend" },
    ...entries.map(([status, text]) => element("span", { class: `status ${status}`, text })),
  );
}
