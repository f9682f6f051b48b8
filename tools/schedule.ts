/**
 * Trains an agent on random scheduling jobs and compares it on 100 others with random schedules, critical-path and HEFT:
 * npx tsx tools/schedule.ts [EPISODES [SEED]]. Every policy but "random" places a task where it ends first; they
 * differ in the order. The state of the
 * agent that does best on validation jobs is the one that is compared. Figures are makespans over HEFT's on the same job, means over the jobs.
 */
import {
  type Agent,
  createPpo,
  criticalPath,
  heft,
  type JobFacts,
  loadAgent,
  randomOrder,
  randomSchedule,
  runEpisode,
  type Schedule,
  SchedulingEnv,
  train,
} from "../src/agent/index.js";
import { Random } from "../src/base/random.js";

const [EPISODES, SEED] = [Number(process.argv[2] ?? 6000), Number(process.argv[3] ?? 1)];
const HELD_OUT = 100;
/** Training jobs are drawn from seeds from here on, so that none of them is held out. */
const FIRST_TRAINING_SEED = 1_000_000;
const REPORTS = 15;

const env = new SchedulingEnv({ tasks: 20, machines: 4, dependencies: 45 });
const agent = await createPpo(
  { observation: env.observationSpace, action: env.actionSpace },
  {
    seed: SEED,
    head: "site",
    hidden: [64],
    gnn: { hidden: 16, rounds: 2 },
    steps: 640,
    batch: 160,
    epochs: 4,
    rate: 1e-3,
    discount: 1,
    entropy: 0.005,
  },
);

/** Jobs by which the best state of the agent is chosen. */
const FIRST_VALIDATION_SEED = 10_000;

/** Mean over the held-out jobs of the makespan over HEFT's. */
function ratio(policy: (facts: JobFacts, job: number) => number): number {
  let sum = 0;
  for (let job = 0; job < HELD_OUT; job++) {
    env.reset({ seed: job });
    const facts = env.schedule?.facts as JobFacts;
    sum += policy(facts, job) / heft(facts).makespan;
  }
  return sum / HELD_OUT;
}

/** The same for an agent, on jobs from a first seed on. */
async function agentRatio(of: Agent, firstSeed = 0): Promise<{ mean: number; wins: number; losses: number }> {
  let [sum, wins, losses] = [0, 0, 0];
  for (let job = 0; job < HELD_OUT; job++) {
    await runEpisode(env, of, { seed: firstSeed + job });
    const { makespan, facts } = env.schedule as Schedule;
    const other = heft(facts).makespan;
    sum += makespan / other;
    if (makespan < other - 1e-9) wins++;
    if (makespan > other + 1e-9) losses++;
  }
  return { mean: sum / HELD_OUT, wins, losses };
}

const show = (name: string, value: number) => console.log(`${name.padEnd(32)} ${value.toFixed(4)}`);
show(
  "random",
  ratio((facts, job) => randomSchedule(facts, new Random(job)).makespan),
);
show(
  "random order",
  ratio((facts, job) => randomOrder(facts, new Random(job)).makespan),
);
show(
  "critical path",
  ratio((facts) => criticalPath(facts).makespan),
);
show(
  "HEFT",
  ratio((facts) => heft(facts).makespan),
);
show("agent, untrained", (await agentRatio(agent)).mean);
const start = process.cpuUsage();
let best = { mean: Number.POSITIVE_INFINITY, saved: await agent.save() };
for (let part = 0; part < REPORTS; part++) {
  const episodes = Math.ceil(EPISODES / REPORTS);
  await train(env, agent, { episodes, seed: FIRST_TRAINING_SEED * SEED + part * episodes });
  const { mean } = await agentRatio(agent, FIRST_VALIDATION_SEED);
  if (mean < best.mean) best = { mean, saved: await agent.save() };
  show(`  validation, ${(part + 1) * episodes} episodes`, mean);
}
const { user, system } = process.cpuUsage(start);
const chosen = await loadAgent(best.saved, { observation: env.observationSpace, action: env.actionSpace });
const { mean, wins, losses } = await agentRatio(chosen);
show("agent, best on validation", mean);
console.log(
  `  better than HEFT on ${wins} jobs, worse on ${losses}; ${EPISODES} episodes in ${((user + system) / 1e6).toFixed(0)} s of CPU time`,
);
await agent.close();
await chosen.close();
