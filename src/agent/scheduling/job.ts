/** One task's results that another needs, and how long they travel between two machines. */
export interface Dependency {
  readonly source: number;
  readonly target: number;
  /** Time to send it to another machine; nothing on the same one. */
  readonly time: number;
}

/** A job: tasks that depend on each other without cycles, to be run on machines of different speeds. */
export interface Job {
  readonly machines: number;
  /** How long each task takes on each machine: times[task][machine]. */
  readonly times: readonly (readonly number[])[];
  readonly dependencies: readonly Dependency[];
}

/** What follows from a job: neighbours, an order, and ranks. */
export interface JobFacts {
  readonly job: Job;
  /** By task. */
  readonly incoming: readonly (readonly Dependency[])[];
  readonly outgoing: readonly (readonly Dependency[])[];
  /** Mean time of each task over the machines. */
  readonly meanTimes: readonly number[];
  /** Longest way from the start of a task to the end of the job, in mean times and with sending (HEFT's upward rank). */
  readonly upwardRank: readonly number[];
  /** The same without sending: the bottom level of critical-path scheduling. */
  readonly bottomLevel: readonly number[];
  /** Longest way from the start of the job to the start of a task, in mean times and with sending. */
  readonly downwardRank: readonly number[];
  /** No schedule is shorter: the longest way in the fastest times without sending, or all work spread evenly. */
  readonly lowerBound: number;
}

/** Works out what follows from a job. Tasks that wait for each other in a circle have no order: throws a RangeError. */
export function factsOf(job: Job): JobFacts {
  const { times, dependencies, machines } = job;
  const incoming: Dependency[][] = times.map(() => []);
  const outgoing: Dependency[][] = times.map(() => []);
  for (const dependency of dependencies) {
    outgoing[dependency.source]?.push(dependency);
    incoming[dependency.target]?.push(dependency);
  }
  const order = topologicalOrder(incoming, outgoing);
  const meanTimes = times.map((row) => row.reduce((sum, time) => sum + time, 0) / machines);
  const fastest = times.map((row) => Math.min(...row));
  const longest = (of: readonly number[], sending: number) => {
    const ranks = times.map(() => 0);
    for (const task of [...order].reverse()) {
      const after = (outgoing[task] ?? []).map(({ target, time }) => sending * time + (ranks[target] ?? 0));
      ranks[task] = (of[task] ?? 0) + Math.max(0, ...after);
    }
    return ranks;
  };
  const downwardRank = times.map(() => 0);
  for (const task of order) {
    const before = (incoming[task] ?? []).map(
      ({ source, time }) => (downwardRank[source] ?? 0) + (meanTimes[source] ?? 0) + time,
    );
    downwardRank[task] = Math.max(0, ...before);
  }
  const work = fastest.reduce((sum, time) => sum + time, 0) / machines;
  return {
    job,
    incoming,
    outgoing,
    meanTimes,
    upwardRank: longest(meanTimes, 1),
    bottomLevel: longest(meanTimes, 0),
    downwardRank,
    lowerBound: Math.max(work, ...longest(fastest, 0)),
  };
}

function topologicalOrder(
  incoming: readonly (readonly Dependency[])[],
  outgoing: readonly (readonly Dependency[])[],
): number[] {
  const waiting = incoming.map(({ length }) => length);
  const order = [...waiting.keys()].filter((task) => waiting[task] === 0);
  for (let i = 0; i < order.length; i++) {
    for (const { target } of outgoing[order[i] ?? 0] ?? []) {
      const left = (waiting[target] ?? 0) - 1;
      waiting[target] = left;
      if (left === 0) order.push(target);
    }
  }
  if (order.length < incoming.length)
    throw new RangeError("tasks of the job wait for each other in a circle");
  return order;
}
