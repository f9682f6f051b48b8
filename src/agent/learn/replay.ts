import type { Random } from "../../base/random.js";

/** The last `capacity` things that were added, oldest first to go. */
export class Replay<T> {
  readonly #items: T[] = [];
  #next = 0;

  constructor(private readonly capacity: number) {}

  get length(): number {
    return this.#items.length;
  }

  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.capacity;
  }

  /** `count` of them, drawn with replacement. */
  sample(count: number, random: Random): T[] {
    return Array.from({ length: count }, () => this.#items[random.below(this.#items.length)] as T);
  }

  /** All of them, oldest first. */
  all(): T[] {
    const { length } = this.#items;
    return length < this.capacity
      ? [...this.#items]
      : [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
  }
}
