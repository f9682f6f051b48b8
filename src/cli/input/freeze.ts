import picomatch from "picomatch";
import { messageOf, UserError } from "../../base/errors.js";
import type { Model } from "../../ir/index.js";

/**
 * A test for the names of nodes and tensors that some glob matches. In a glob `*` stands for any characters, `/` and
 * `.` among them; a name as it is matches too. Throws a UserError for a glob that matches nothing in the model.
 */
export function frozenNames(globs: readonly string[], { graph }: Model): (name: string) => boolean {
  const matchers = globs.map((glob) => nameMatcher("--freeze", glob));
  const names = [...graph.nodes, ...graph.values].flatMap(({ name }) => name || []);
  matchers.forEach((matches, i) => {
    if (names.some(matches)) return;
    throw new UserError(
      "freeze-no-match",
      `--freeze ${globs[i]}: no node and no tensor of the model has such a name; topiary inspect shows the nodes`,
    );
  });
  return (name) => matchers.some((matches) => matches(name));
}

/** The same for weights, which a node that reads them freezes too. */
export function frozenWeights(globs: readonly string[], model: Model): (name: string) => boolean {
  const isFrozen = frozenNames(globs, model);
  return (name) => {
    const readers = [...(model.graph.find(name)?.uses() ?? [])];
    return isFrozen(name) || readers.some(({ node }) => node.name !== undefined && isFrozen(node.name));
  };
}

/** A test for names: those that the glob matches, and the one that it is. */
export function nameMatcher(flag: string, glob: string): (name: string) => boolean {
  try {
    const matches = picomatch(glob, { dot: true, bash: true, noextglob: true, nonegate: true });
    return (name) => name === glob || matches(name);
  } catch (error) {
    throw new UserError("usage", `${flag} ${glob.slice(0, 80)}: ${messageOf(error)}`, { cause: error });
  }
}
