import { expect } from "chai";
import { findMotifs, type MotifTree, motifsDocument, motifsText } from "../../src/motifs/index.js";
import { expectGolden } from "./golden.js";
import type { Style } from "./layers.js";
import { networks } from "./networks.js";

/** Families that each network has, whichever way it is written. */
const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  resnet: { "basic block": 9, "stage of basic blocks": 3 },
  bottlenecks: { bottleneck: 5, "stage of bottlenecks": 2 },
  "inverted-residuals": { "inverted residual": 7, "stage of inverted residuals": 2 },
  mbconv: { "inverted residual": 5, "stage of inverted residuals": 2 },
  "shuffle-units": { "split block": 5, "stage of split blocks": 2 },
  "dense-blocks": { "dense layer": 10, "dense block": 3, sequence: 2 },
  transformer: { "transformer layer": 3 },
  "shifted-windows": { "transformer layer": 6, "stage of transformer layers": 2 },
  convnext: { "residual block": 5, "stage of residual blocks": 2 },
  vgg: { sequence: 4 },
  inception: { sequence: 10, "parallel branches": 5, "stage of parallel branches": 2 },
  unet: { sequence: 7 },
  detector: { "basic block": 6, sequence: 3, "stage of basic blocks": 3 },
};

const styles: readonly Style[] = ["kept", "folded"];

describe("motifs of small networks", () => {
  for (const [name, make] of Object.entries(networks)) {
    for (const style of styles) {
      const tree = () => findMotifs(make(style).graph);

      it(`${name}, ${style}: the families and their numbers`, () => {
        expect(familiesOf(tree())).to.deep.equal({ ...expected[name], network: 1 });
      });

      it(`${name}, ${style}: as in fixtures/motifs`, () => {
        expectGolden(`${name}-${style}.txt`, `${motifsText(tree())}\n`);
      });
    }
  }

  it("the JSON document of a residual network", () => {
    const { resnet } = networks;
    const document = motifsDocument(findMotifs(resnet?.("kept").graph as never));
    expectGolden("resnet-kept.json", `${JSON.stringify(document, null, 1)}\n`);
  });
});

function familiesOf(tree: MotifTree): Record<string, number> {
  return Object.fromEntries(tree.families.map(({ name, count }) => [name, count]));
}
