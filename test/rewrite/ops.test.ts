import { opFixtures } from "../ops/fixtures/index.js";
import { model } from "../support/graph.js";
import { expectFixture } from "../support/op-fixture.js";
import { measured } from "../support/oracle.js";

describe("slicing past every operator", () => {
  for (const fixture of opFixtures) {
    const { op, note, text } = fixture;
    it(`${op}${note && `, ${note}`}`, async () => expectFixture(await measured(model(text)), fixture));
  }
});
