import type { Scene } from "../scene.js";
import { details, overviewOf, type Place } from "./details.js";
import { button, element } from "./dom.js";
import { findBoxes, MOST_LISTED } from "./find.js";
import { readPalette } from "./palette.js";
import { Pane } from "./pane.js";

const HELP: readonly (readonly [string, string])[] = [
  ["drag, wheel", "move, zoom"],
  ["click", "select; open a folded box ⊞; fold an open one by its title ⊟"],
  ["/", "search by name or operator; Enter goes to the next"],
  ["↑ ↓ ← →", "go along the network, and to neighbours"],
  ["Enter", "open, then go inside"],
  ["Esc", "fold, or go out"],
  ["+ − 0 9", "zoom; start; everything at once"],
  ["e, f", "open everything; fold everything"],
  ["?", "this list"],
];

/** The page: one or two panes, a search, and a panel about what is selected. */
export class Page {
  readonly panes: readonly Pane[];
  /** For each view, its boxes' partners in the other. */
  readonly #partners: readonly ReadonlyMap<number, number>[];
  readonly #panel = element("div", { class: "details" });
  readonly #results = element("ol", { class: "results" });
  readonly #search = element("input", { label: "search by name or operator" });
  readonly #count = element("output", { class: "faint" });
  readonly #said = element("p", { class: "said" });
  readonly #help: HTMLElement;
  #hits: [number, number][] = [];
  #hit = -1;

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
    this.#help = element(
      "dialog",
      { class: "help" },
      element("h3", { text: "keys" }),
      element(
        "dl",
        {},
        ...HELP.flatMap(([key, what]) => [element("dt", { text: key }), element("dd", { text: what })]),
      ),
    );
    this.#said.setAttribute("aria-live", "polite");
    this.#build();
    this.#showOverview();
  }

  #build(): void {
    const search = this.#search;
    search.type = "search";
    search.placeholder = "search (/)";
    search.addEventListener("input", () => this.#find());
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#next(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") this.panes[0]?.canvas.focus();
    });
    const bar = element(
      "div",
      { class: "bar" },
      search,
      this.#count,
      button("−", "zoom out", () => this.#zoom(1 / 1.4)),
      button("+", "zoom in", () => this.#zoom(1.4)),
      button("start", "go to the start", () => this.#each((pane) => pane.fit())),
      button("all", "show everything at once", () => this.#each((pane) => pane.overview())),
      button("open", "open everything", () => this.#openAll(true)),
      button("fold", "fold everything", () => this.#openAll(false)),
      button("◐", "light or dark", () => this.#toggleTheme()),
      button("?", "keys", () => this.#toggleHelp()),
    );
    const legend = this.scene.views.length > 1 ? [legendElement()] : [];
    this.root.append(
      bar,
      element("div", { class: "panes" }, ...this.panes.map(({ root }) => root)),
      element("aside", {}, ...legend, this.#results, this.#panel),
      this.#said,
      this.#help,
    );
    for (const pane of this.panes) pane.fit();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    this.#printLight();
  }

  #each(act: (pane: Pane) => void): void {
    for (const pane of this.panes) act(pane);
  }

  #zoom(factor: number): void {
    this.#each((pane) => pane.zoom(factor, [pane.size[0] / 2, pane.size[1] / 2]));
  }

  /** Paper is white: the canvases are painted in light colours while the page is printed. */
  #printLight(): void {
    const { dataset } = document.documentElement;
    let before: string | undefined;
    const paintIn = (theme: string | undefined) => {
      if (theme === undefined) delete dataset.theme;
      else dataset.theme = theme;
      this.#recolour();
      this.#each((pane) => pane.paintNow());
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
    if (pane.tree.box(box).inside) this.#setOpen(view, box, !pane.open.has(box));
    this.select(view, box);
  }

  #setOpen(view: number, box: number, isOpen: boolean): void {
    this.panes[view]?.setOpen([box], isOpen, box);
    const partner = this.#partners[view]?.get(box);
    const other = this.panes[1 - view];
    if (partner === undefined || !other) return;
    if (isOpen) other.setOpen([partner, ...other.tree.outer(partner)], true, partner);
    else other.setOpen([partner], false, partner);
  }

  #openAll(isOpen: boolean): void {
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

  #find(): void {
    const words = this.#search.value;
    this.#hits = this.scene.views.flatMap((view, index) =>
      findBoxes(view, words).map((box): [number, number] => [index, box]),
    );
    this.#hit = -1;
    for (const [index, pane] of this.panes.entries()) {
      const own = this.#hits.filter(([view]) => view === index).map(([, box]) => box);
      pane.found = new Set([...own, ...own.map((box) => pane.tree.shown(box, pane.open))]);
      pane.repaint();
    }
    this.#count.textContent = words.trim() === "" ? "" : `${this.#hits.length} found`;
    const listed = this.#hits.slice(0, MOST_LISTED).map(([view, box], at) => {
      const { title, subtitle, card } = this.panes[view]?.tree.box(box) ?? { title: "", subtitle: "" };
      const text = card ? `${card.op} ${card.name}` : `${title}: ${subtitle}`;
      const made = button(text, this.scene.views[view]?.label ?? "", () => this.#goTo(at));
      made.className = "link";
      return element("li", {}, made);
    });
    this.#results.replaceChildren(...listed);
  }

  #next(step: number): void {
    if (this.#hits.length === 0) return;
    this.#goTo((this.#hit + step + this.#hits.length) % this.#hits.length);
  }

  #goTo(at: number): void {
    this.#hit = at;
    const [view, box] = this.#hits[at] ?? [0, -1];
    this.select(view, box);
    this.#count.textContent = `${at + 1} of ${this.#hits.length}`;
  }

  #key(view: number, event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pane = this.panes[view];
    if (!pane || !this.#act(pane, view, event.key)) return;
    event.preventDefault();
  }

  #act(pane: Pane, view: number, key: string): boolean {
    const at = pane.selected;
    switch (key) {
      case "/":
        this.#search.focus();
        this.#search.select();
        return true;
      case "?":
        this.#toggleHelp();
        return true;
      case "+":
      case "=":
        this.#zoom(1.4);
        return true;
      case "-":
        this.#zoom(1 / 1.4);
        return true;
      case "0":
        this.#each((each) => each.fit());
        return true;
      case "9":
        this.#each((each) => each.overview());
        return true;
      case "e":
      case "f":
        this.#openAll(key === "e");
        return true;
      case "Enter":
        if (at >= 0 && pane.tree.box(at).inside && !pane.open.has(at)) {
          this.#setOpen(view, at, true);
          this.select(view, at);
        } else this.select(view, pane.tree.children[at < 0 ? 0 : at]?.[0] ?? at);
        return true;
      case "Escape":
        if (at >= 0 && pane.tree.box(at).inside && pane.open.has(at)) {
          this.#setOpen(view, at, false);
          this.select(view, at);
        } else this.select(view, at > 0 && pane.tree.box(at).parent > 0 ? pane.tree.box(at).parent : -1);
        return true;
      case "ArrowUp":
      case "ArrowDown":
      case "ArrowLeft":
      case "ArrowRight": {
        const next = at < 0 ? pane.tree.children[0]?.[0] : neighbour(pane, at, key);
        if (next !== undefined) this.select(view, next);
        return true;
      }
      default:
        return false;
    }
  }

  #toggleHelp(): void {
    const dialog = this.#help as HTMLDialogElement;
    if (dialog.open) dialog.close();
    else dialog.showModal();
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

/** The nearest box beside a box in the same surroundings; upwards and downwards, along a link where there is one. */
function neighbour(pane: Pane, at: number, key: string): number | undefined {
  const { tree, arrangement } = pane;
  const { parent } = tree.box(at);
  const edges = tree.box(parent).inside?.edges ?? [];
  const linked = new Set(
    key === "ArrowDown"
      ? edges.filter(({ from }) => from === at).map(({ to }) => to)
      : edges.filter(({ to }) => to === at).map(({ from }) => from),
  );
  const centre = (box: number) =>
    [
      (arrangement.x[box] as number) + (arrangement.width[box] as number) / 2,
      (arrangement.y[box] as number) + (arrangement.height[box] as number) / 2,
    ] as const;
  const [x, y] = centre(at);
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  const sign = key === "ArrowUp" || key === "ArrowLeft" ? -1 : 1;
  let [best, least]: [number | undefined, number] = [undefined, Infinity];
  for (const box of tree.children[parent] ?? []) {
    const [bx, by] = centre(box);
    const ahead = sign * (isVertical ? by - y : bx - x);
    if (box === at || ahead <= 0) continue;
    const aside = Math.abs(isVertical ? bx - x : by - y);
    const cost = ahead + 3 * aside - (isVertical && linked.has(box) ? 1e6 : 0);
    if (cost < least) [best, least] = [box, cost];
  }
  return best;
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
