import { button, element } from "./dom.js";
import { findBoxes, MOST_LISTED } from "./find.js";
import type { Pane } from "./pane.js";

/** A field, what it finds in all panes, and the one of these that is shown. */
export class Search {
  readonly input = element("input", { label: "search by name or operator" });
  readonly count = element("output", { class: "faint" });
  readonly results = element("ol", { class: "results" });
  /** View and box. */
  #hits: [number, number][] = [];
  #hit = -1;

  constructor(
    readonly panes: readonly Pane[],
    readonly show: (view: number, box: number) => void,
  ) {
    const { input } = this;
    input.type = "search";
    input.placeholder = "search (/)";
    input.addEventListener("input", () => this.#find());
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#next(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") panes[0]?.canvas.focus();
    });
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  #find(): void {
    const words = this.input.value;
    this.#hits = this.panes.flatMap(({ tree }, index) =>
      findBoxes(tree.view, words).map((box): [number, number] => [index, box]),
    );
    this.#hit = -1;
    for (const [index, pane] of this.panes.entries()) {
      const own = this.#hits.filter(([view]) => view === index).map(([, box]) => box);
      pane.found = new Set([...own, ...own.map((box) => pane.tree.shown(box, pane.open))]);
      pane.repaint();
    }
    this.count.textContent = words.trim() === "" ? "" : `${this.#hits.length} found`;
    const listed = this.#hits.slice(0, MOST_LISTED).map(([view, box], at) => {
      const { title, subtitle, card } = this.panes[view]?.tree.box(box) ?? { title: "", subtitle: "" };
      const text = card ? `${card.op} ${card.name}` : `${title}: ${subtitle}`;
      const made = button(text, this.panes[view]?.tree.view.label ?? "", () => this.#goTo(at));
      made.className = "link";
      return element("li", {}, made);
    });
    this.results.replaceChildren(...listed);
  }

  #next(step: number): void {
    if (this.#hits.length === 0) return;
    this.#goTo((this.#hit + step + this.#hits.length) % this.#hits.length);
  }

  #goTo(at: number): void {
    this.#hit = at;
    const [view, box] = this.#hits[at] ?? [0, -1];
    this.show(view, box);
    this.count.textContent = `${at + 1} of ${this.#hits.length}`;
  }
}
