import { readFileSync } from "node:fs";
import { expect } from "chai";
import { checkEnv } from "../../src/agent/index.js";
import { Random } from "../../src/base/random.js";
import { greedy, learnStations, meanOfTowns, StationsEnv, score } from "../../tools/examples/stations.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the documentation's own task", function () {
  this.timeout(120_000);

  it("is the code that stands in the documentation", () => {
    const [, block] = /```ts\n(.*?)```/s.exec(read("docs/agents.md")) ?? [];
    const file = read("tools/examples/stations.ts").replace("../../src/agent/index.js", "onnx-topiary/agent");
    expect(block).to.equal(file);
  });

  it("keeps the contract of environments", () => checkEnv(new StationsEnv()));

  it("is learnt with the m-GNN and with an encoder of one's own; a policy of one's own plays it too", async () => {
    const random = new Random(1);
    const anywhere = {
      act: async ({ mask = new Uint8Array() }: { readonly mask?: Uint8Array | undefined }) => {
        const open = [...mask.keys()].filter((town) => mask[town]);
        return Float32Array.of(open[random.below(open.length)] ?? 0);
      },
      observe: () => {},
    };
    const [chance, careful] = [await score(anywhere), await score(greedy)];
    expect(careful).to.be.above(chance + 0.1);
    for (const encoder of [undefined, meanOfTowns]) {
      const agent = await learnStations(300, encoder);
      // More than half of the way from chance to the careful policy.
      expect(await score(agent)).to.be.above((chance + careful) / 2);
      await agent.close();
    }
  });
});
