import fc from "fast-check";
import { modelDifferences } from "/tmp/h/E/src/ir/index.js";
import { parseModel, printModel } from "/tmp/h/E/src/onnx/text/index.js";
import { ModelArbitrary } from "/tmp/h/E/test/support/random-model.js";
const [from, to] = process.argv.slice(2).map(Number);
for (let seed = from!; seed < to!; seed++) {
  for (const full of [true, false]) {
    const property = fc.property(new ModelArbitrary(), (model) => {
      if (full) {
        const text = printModel(model, { full: true });
        const back = parseModel(text);
        const d = modelDifferences(model, back);
        const again = printModel(back, { full: true });
        if (d.length || again !== text) {
          const [l, r] = [again.split("\n"), text.split("\n")];
          throw new Error(`${d.join("\n")}\n${l.flatMap((x, i) => x === r[i] ? [] : [x + " | " + r[i]]).slice(0, 3).join("\n")}\n${text.slice(0, 3000)}`);
        }
      } else {
        const back = parseModel(printModel(model));
        const [a, b] = [back.graph.nodes.map(String).join("\n"), model.graph.nodes.map(String).join("\n")];
        if (a !== b) throw new Error(`${a}\n---\n${b}`);
      }
    });
    const r = fc.check(property, { numRuns: full ? 150 : 80, seed });
    if (r.failed) console.log(`seed ${seed} full ${full} shrinks ${r.numShrinks}\n${(r.errorInstance as Error)?.stack?.slice(0, 6000)}`);
  }
  if (seed % 20 === 0) console.log("at", seed);
}
