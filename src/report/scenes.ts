import type { Comparison } from "../diff/index.js";
import { Node, type Value } from "../ir/index.js";
import { Changes } from "./changes.js";
import { outerPairs } from "./outer-pairs.js";
import type { Scene, Status } from "./scene.js";
import { removedStrips, wholeStrips } from "./strips.js";
import type { Subject } from "./subject.js";
import { buildView, type Marks } from "./view.js";

/** One model to look at. */
export function modelScene(subject: Subject): Scene {
  const stripsOf = wholeStrips(subject);
  const marks: Marks = { statusOf: () => "same", changesOf: () => [], stripsOf };
  return { views: [buildView(subject, marks).view], pairs: [] };
}

/** Two models side by side. */
export function diffScene(before: Subject, after: Subject, comparison: Comparison): Scene {
  const { matching, changed, inputOf } = comparison;
  const changes = new Changes(comparison);
  const isChanged = (node: Node | undefined) => node !== undefined && changed.has(node);
  const left = buildView(before, {
    statusOf: marked((node) => {
      const other = matching.ofA(node);
      return other ? (isChanged(other) ? "changed" : "same") : "removed";
    }),
    changesOf: () => [],
    stripsOf: removedStrips(before, comparison),
  });
  const right = buildView(after, {
    statusOf: marked((node) => (matching.ofB(node) ? (isChanged(node) ? "changed" : "same") : "added")),
    changesOf: (node) => changes.of(node),
    stripsOf: () => [],
  });
  const outputs = before.model.graph.outputs.map((value, index) => [value, after.model.graph.outputs[index]]);
  const inputs = before.model.graph.inputs.map((value) => [value, inputOf(value)]);
  const leaves = [...matching.pairs, ...inputs, ...outputs].flatMap(([a, b]): [number, number][] => {
    const [x, y] = [a && left.boxOf.get(a), b && right.boxOf.get(b)];
    return x === undefined || y === undefined ? [] : [[x, y]];
  });
  return { views: [left.view, right.view], pairs: [...leaves, ...outerPairs(left.view, right.view, leaves)] };
}

function marked(statusOf: (node: Node) => Status): (content: Node | Value) => Status {
  return (content) => (content instanceof Node ? statusOf(content) : "same");
}
