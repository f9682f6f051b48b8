import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { document } from "../../support/command.js";
import { python, shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";

const models = [
  ...["resnet20", "resnet20_b", "resnet20_dynamo", "resnet20_dynamo_raw", "resnet20_folded", "resnet32"],
  ...["resnet44", "resnet56", "resnet56_dynamo", "resnet56_folded", "shufflenetv2_x0_5"],
];

/** Trained networks from prune to both judges: ours, and one that shares no code with topiary. */
describe("half of the multiply-accumulates of trained networks", () => {
  const folder = new TemporaryFolder();

  for (const name of models) {
    it(name, async function () {
      this.timeout(60_000);
      const original = shared(this, `models/cifar10/${name}.onnx`);
      const judge = shared(this, "tools/verify_pruned.py");
      const interpreter = python(this);
      const [small, plan] = [folder.path(`${name}.onnx`), folder.path(`${name}.json`)];
      const found = await document([
        ...["prune", original, "--macs", "0.5", "--importance", "l2", "-o", small, "--plan", plan],
      ]);
      const { ratio } = found.macs as { readonly ratio: number };
      expect(ratio, "kept MACs").to.be.within(0.47, 0.5);
      expect(found.met).to.equal(true);
      const own = await document(["verify", original, small, "--plan", plan]);
      expect(own).to.include({ ok: true, valid: true, honest: true, exact: true, counted: true });
      const { status, stdout, stderr } = spawnSync(interpreter, [judge, original, small, plan, "--json"], {
        encoding: "utf8",
      });
      expect(status, `${stdout}\n${stderr}`).to.equal(0);
      expect(JSON.parse(stdout)).to.include({ ok: true, honest: true, exact: true });
    });
  }
});
