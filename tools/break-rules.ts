/**
 * Breaks the channel rule of every operator in every way that leaves out something it says (all of it, one call at a
 * time) and tells which breaks neither the operator's fixtures nor the channel patterns notice:
 *
 *     node --import tsx tools/break-rules.ts [part of an operator's name]
 *
 * In one process, so that a break takes milliseconds; tools/mutate.ts breaks the text of any file, and takes a test run for
 * each. Exit code 1 where a break was missed.
 */
import { expect } from "chai";
import { ChannelAnalysis } from "../src/channels/index.js";
import { domainOf } from "../src/ir/index.js";
import type { ChannelLink, OpDefinition } from "../src/ops/index.js";
import { allOps } from "../src/ops/table.js";
import { describeBarriers, describeGroups, describeSlices } from "../test/channels/describe.js";
import { patterns } from "../test/channels/patterns/index.js";
import { opFixtures } from "../test/ops/fixtures/index.js";
import { model } from "../test/support/graph.js";
import { expectFixture } from "../test/support/op-fixture.js";
import { asMuchAsPossible, channelsOf, cutUnits, expectExact, measured } from "../test/support/oracle.js";

/** What a rule may ask; everything else on a link says something. */
const questions = new Set([
  "opset",
  "input",
  "output",
  "inputs",
  "outputs",
  "tensor",
  "integers",
  "originalDims",
  "scratch",
]);

/** A test of one graph; throws where what it says does not hold. */
type Check = () => Promise<void>;

/** One call of a method in one run of a rule: the first, second, ... from one place; "rule" stands for all calls. */
type Break = string;

/** The lines in src/ops at which the call under way stands, from the inside out. */
function placeOfCall(): string {
  const places = new Error().stack?.matchAll(/src\/ops\/([\w-]+)\.ts:(\d+)/g) ?? [];
  return Array.from(places, ([, file, line]) => `${file}:${line}`).join(" < ");
}

const nameOf = (op: { readonly type: string; readonly domain?: string | undefined }) =>
  op.domain ? `${op.domain}.${op.type}` : op.type;

/** Runs `action` while the rule of `op` leaves out what `broken` names; returns the calls that the rule makes. */
async function withBroken(
  op: OpDefinition,
  broken: Break | undefined,
  action: () => Promise<void>,
): Promise<Set<Break>> {
  const { channels } = op;
  const met = new Set<Break>();
  op.channels = (node, link) => {
    if (broken === "rule") return;
    const counts = new Map<string, number>();
    const watched = new Proxy(link, {
      get(target, key) {
        const member = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        const method = member.bind(target);
        if (questions.has(String(key))) return method;
        return (...args: unknown[]) => {
          const place = `${String(key)} at ${placeOfCall()}`;
          const count = (counts.get(place) ?? 0) + 1;
          counts.set(place, count);
          const call = `${place} #${count}`;
          met.add(call);
          if (call !== broken) method(...args);
        };
      },
    });
    channels.call(op, node, watched satisfies ChannelLink);
  };
  try {
    await action();
  } finally {
    op.channels = channels;
  }
  return met;
}

async function isSeen(checks: readonly Check[]): Promise<boolean> {
  for (const check of checks) {
    try {
      await check();
    } catch {
      return true;
    }
  }
  return false;
}

/** What the patterns say: groups and barriers, quick to ask, and what is gone and computed after a cut. */
const known = await Promise.all(
  patterns.map(async ({ text, rules, groups, barriers, cut }) => {
    const whole = await measured(model(text), 1, rules);
    const ops = new Set(
      whole.model.graph.nodes.map((node) => nameOf({ type: node.opType, domain: domainOf(node) })),
    );
    const says = async () => {
      const analysis = new ChannelAnalysis(whole.model, whole.dims, rules);
      expect([describeGroups(analysis), describeBarriers(analysis)]).to.deep.equal([groups, barriers]);
    };
    const loses = async () => {
      if (!cut) return;
      const done = cutUnits(whole, channelsOf(cut.layer, cut.axis ?? 0, cut.channels));
      expect(describeSlices(done.plan.slices)).to.deep.equal(cut.gives);
    };
    const computes = async () => {
      await expectExact(whole, cutUnits(whole, asMuchAsPossible));
    };
    return { ops, says, loses, computes };
  }),
);

/** The tests that look at an operator, the quickest first: patterns that hold it, and its own fixtures, cut and run. */
async function checksOf(name: string): Promise<Check[]> {
  const own = await Promise.all(
    opFixtures
      .filter(({ op }) => op === name)
      .map(async (fixture) => {
        const whole = await measured(model(fixture.text));
        return () => expectFixture(whole, fixture);
      }),
  );
  const holding = known.filter(({ ops }) => ops.has(name));
  return [
    ...holding.map(({ says }) => says),
    ...holding.map(({ loses }) => loses),
    ...own,
    ...holding.map(({ computes }) => computes),
  ];
}

console.log("| operator | graphs | breaks | seen | missed |\n|---|---|---|---|---|");
let [breaks, missed] = [0, 0];
for (const op of allOps) {
  const name = nameOf(op);
  if (!name.includes(process.argv[2] ?? "")) continue;
  const own = await checksOf(name);
  const calls = await withBroken(op, undefined, async () => {
    for (const check of own) await check();
  });
  const unseen: Break[] = [];
  // A rule that says nothing (Shape) leaves nothing out.
  const ways = calls.size > 0 ? ["rule", ...calls] : [];
  for (const broken of ways) {
    await withBroken(op, broken, async () => {
      if (!(await isSeen(own))) unseen.push(broken);
    });
  }
  breaks += ways.length;
  missed += unseen.length;
  console.log(
    `| ${name} | ${own.length} | ${ways.length} | ${ways.length - unseen.length} | ${unseen.join(", ")} |`,
  );
}
console.log(`\n${breaks} breaks, ${missed} missed`);
process.exit(missed > 0 ? 1 : 0);
