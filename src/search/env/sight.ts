import {
  type Action,
  type FeatureSource,
  featureView,
  flatView,
  type GraphSpace,
  type View,
} from "../../agent/index.js";
import type { PlanningTask, TaskState } from "./task.js";

/** How much of a task an agent gets to see: what it loses when something is missing is what that is worth. */
export interface Sight {
  /** One flat graph instead of the hierarchy. */
  readonly flat?: boolean;
  /** "real" by default. */
  readonly features?: FeatureSource;
}

interface SeenState extends TaskState {
  readonly behind: TaskState;
}

/** A task seen in another way. Its observations are numbered: the same calls in the same order show the same. */
class SeenTask implements PlanningTask {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: PlanningTask["actionSpace"];
  #shown = 0;

  constructor(
    private readonly task: PlanningTask,
    private readonly view: View,
  ) {
    this.observationSpace = view.space;
    this.actionSpace = task.actionSpace;
  }

  start(): SeenState {
    return this.#see(this.task.start());
  }

  next(state: TaskState, action: Action): SeenState {
    return this.#see(this.task.next((state as SeenState).behind, action));
  }

  #see(behind: TaskState): SeenState {
    const { levels, steps, done } = behind;
    return { levels, steps, done, behind, observation: this.view.show(behind.observation, this.#shown++) };
  }
}

/** The task with that much in sight, all of it where none is given; random features are drawn from the seed. */
export function seen(task: PlanningTask, sight: Sight | undefined, seed: number): PlanningTask {
  if (!sight) return task;
  const { flat = false, features = "real" } = sight;
  const shape = flat ? new SeenTask(task, flatView(task.observationSpace, task.start().observation)) : task;
  return new SeenTask(shape, featureView(shape.observationSpace, features, seed));
}
