import type { Random } from "../../base/random.js";
import type { JobFacts } from "./job.js";
import { Schedule } from "./schedule.js";

/** Places ready tasks in the order of a priority, highest first (lowest number of equal ones), each where it ends first. */
function byPriority(facts: JobFacts, priority: readonly number[]): Schedule {
  const schedule = new Schedule(facts);
  const order = [...priority.keys()].sort((a, b) => (priority[b] ?? 0) - (priority[a] ?? 0) || a - b);
  while (!schedule.isComplete) {
    const next = order.find((task) => schedule.isReady(task)) ?? 0;
    schedule.place(schedule.best(next));
  }
  return schedule;
}

/** HEFT: Topcuoglu, Hariri, Wu, "Performance-effective and low-complexity task scheduling" (2002), figure 2. */
export function heft(facts: JobFacts): Schedule {
  return byPriority(facts, facts.upwardRank);
}

/** Critical-path list scheduling: the longest way to the end first, sending left out; machines as HEFT chooses them. */
export function criticalPath(facts: JobFacts): Schedule {
  return byPriority(facts, facts.bottomLevel);
}

/** Any ready task, where it ends first. */
export function randomOrder(facts: JobFacts, random: Random): Schedule {
  const schedule = new Schedule(facts);
  while (!schedule.isComplete) {
    const ready = schedule.ready();
    schedule.place(schedule.best(ready[random.below(ready.length)] ?? 0));
  }
  return schedule;
}

/** Any ready task on any machine. */
export function randomSchedule(facts: JobFacts, random: Random): Schedule {
  const schedule = new Schedule(facts);
  while (!schedule.isComplete) {
    const ready = schedule.ready();
    const task = ready[random.below(ready.length)] ?? 0;
    schedule.place(schedule.earliest(task, random.below(facts.job.machines)));
  }
  return schedule;
}
