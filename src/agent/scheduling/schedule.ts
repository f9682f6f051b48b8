import { invariant } from "../../base/errors.js";
import type { JobFacts } from "./job.js";

/** When and where a task runs. */
export interface Slot {
  readonly task: number;
  readonly machine: number;
  readonly start: number;
  readonly end: number;
}

/** A schedule as it grows: tasks are placed one by one, each after those that it depends on. */
export class Schedule {
  readonly #slots: (Slot | undefined)[];
  /** By machine, in the order of time. */
  readonly #lanes: Slot[][];
  #makespan = 0;
  #placed = 0;

  constructor(readonly facts: JobFacts) {
    this.#slots = facts.job.times.map(() => undefined);
    this.#lanes = Array.from({ length: facts.job.machines }, () => []);
  }

  /** The end of the last task so far. */
  get makespan(): number {
    return this.#makespan;
  }

  get placed(): number {
    return this.#placed;
  }

  get isComplete(): boolean {
    return this.#placed === this.#slots.length;
  }

  slot(task: number): Slot | undefined {
    return this.#slots[task];
  }

  /** When the last task on a machine ends. */
  busyUntil(machine: number): number {
    return this.#lanes[machine]?.at(-1)?.end ?? 0;
  }

  /** True where a task is not placed yet and all that it depends on is. */
  isReady(task: number): boolean {
    return !this.#slots[task] && (this.facts.incoming[task] ?? []).every(({ source }) => this.#slots[source]);
  }

  ready(): number[] {
    return [...this.#slots.keys()].filter((task) => this.isReady(task));
  }

  /** The earliest slot for a ready task on a machine, also between tasks that are there already. */
  earliest(task: number, machine: number): Slot {
    const { incoming, job } = this.facts;
    const time = job.times[task]?.[machine] ?? 0;
    let start = 0;
    for (const { source, time: sending } of incoming[task] ?? []) {
      const before = this.#slots[source];
      invariant(before, () => `task ${source} is placed before ${task}`);
      start = Math.max(start, before.end + (before.machine === machine ? 0 : sending));
    }
    for (const { start: next, end } of this.#lanes[machine] ?? []) {
      if (start + time <= next) break;
      start = Math.max(start, end);
    }
    return { task, machine, start, end: start + time };
  }

  /** The slot on the machine that ends first; the first machine of equal ones. */
  best(task: number): Slot {
    let best = this.earliest(task, 0);
    for (let machine = 1; machine < this.facts.job.machines; machine++) {
      const slot = this.earliest(task, machine);
      if (slot.end < best.end) best = slot;
    }
    return best;
  }

  place(slot: Slot): void {
    invariant(this.isReady(slot.task), () => `task ${slot.task} is ready`);
    const lane = this.#lanes[slot.machine];
    const at = lane?.findIndex(({ start }) => start >= slot.end) ?? -1;
    lane?.splice(at < 0 ? lane.length : at, 0, slot);
    this.#slots[slot.task] = slot;
    this.#placed++;
    this.#makespan = Math.max(this.#makespan, slot.end);
  }
}
