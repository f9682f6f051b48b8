import type { HostTensor } from "../../runtime/index.js";
import type { Transition } from "../agent.js";
import { matrix } from "../learn/tensors.js";
import { observationFeeds } from "../network/observation-feed.js";
import { absent } from "./choice.js";
import type { PpoDesign } from "./graphs.js";

/** A step to learn from. */
export interface Lesson {
  readonly transition: Transition;
  readonly oldLog: number;
  readonly advantage: number;
  readonly target: number;
}

/** Observations and what was done, at most a batch of them; the first step fills what is left of the batch. */
export function batchFeeds(design: PpoDesign, steps: readonly Transition[]): Map<string, HostTensor> {
  const { space, action, settings } = design;
  const { batch } = settings;
  const filled = Array.from({ length: batch }, (_, i) => (steps[i] ?? steps[0]) as Transition);
  const dims = [batch, action.size];
  const sample = new Float32Array(batch * action.size);
  filled.forEach((step, i) => {
    if (action.kind === "box") sample.set(step.action, i * action.size);
    else sample[i * action.size + (step.action[0] ?? 0)] = 1;
  });
  const observations = filled.map(({ observation }) => observation);
  const feeds = observationFeeds(space, observations).set("sample", matrix(dims, sample));
  if (action.kind === "box") return feeds;
  const closed = new Float32Array(batch * action.size);
  filled.forEach(({ observation: { mask } }, i) => {
    if (mask) closed.set(absent(mask), i * action.size);
  });
  return feeds.set("absent", matrix(dims, closed));
}

/** The same with what an update is to make of it. */
export function lessonFeeds(design: PpoDesign, lessons: readonly Lesson[]): Map<string, HostTensor> {
  const { batch } = design.settings;
  const feeds = batchFeeds(
    design,
    lessons.map(({ transition }) => transition),
  );
  const row = (of: (lesson: Lesson) => number) => {
    const values = new Float32Array(batch);
    lessons.forEach((lesson, i) => {
      values[i] = of(lesson);
    });
    return matrix([batch], values);
  };
  feeds.set(
    "oldLog",
    row(({ oldLog }) => oldLog),
  );
  feeds.set(
    "advantage",
    row(({ advantage }) => advantage),
  );
  feeds.set(
    "target",
    row(({ target }) => target),
  );
  return feeds.set(
    "share",
    row(() => 1 / lessons.length),
  );
}
