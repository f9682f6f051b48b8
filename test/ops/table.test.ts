import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { domainOf } from "../../src/ir/index.js";
import { allOps, lookupOp } from "../../src/ops/index.js";
import { model } from "../support/graph.js";
import { feedsFor, runPlain } from "../support/observe.js";
import { python } from "../support/shared.js";
import { opFixtures } from "./fixtures/index.js";

const fullName = ({ type, domain }: { readonly type: string; readonly domain?: string | undefined }) =>
  domain ? `${domain}.${type}` : type;

describe("op table", () => {
  it("has one entry for each operator and finds it by type and domain", () => {
    for (const op of allOps) {
      expect(lookupOp({ opType: op.type, domain: op.domain }), op.type).to.equal(op);
      expect(lookupOp({ opType: op.type, domain: "elsewhere" }), op.type).to.equal(undefined);
    }
    expect(lookupOp({ opType: "Relu", domain: "ai.onnx" })?.type).to.equal("Relu");
  });

  it("has a fixture for every entry", () => {
    const shown = new Set(opFixtures.map(({ op }) => op));
    expect(allOps.map(fullName).filter((name) => !shown.has(name))).to.deep.equal([]);
  });

  it("has fixtures that differ in what they say of themselves", () => {
    const titles = opFixtures.map(({ op, note }) => `${op}, ${note}`);
    expect(new Set(titles).size).to.equal(titles.length);
  });

  for (const { op, note, text } of opFixtures) {
    it(`${op}${note && `, ${note}`}: holds the operator and runs`, async () => {
      const fixture = model(text);
      const names = fixture.graph.nodes.map((node) =>
        fullName({ type: node.opType, domain: domainOf(node) }),
      );
      expect(names).to.include(op);
      const [output] = await runPlain(fixture, feedsFor(fixture, 1));
      expect(output?.data.length).to.be.above(0);
    });
  }

  it("names versions, inputs and outputs as the standard does", function () {
    const schemas = schemasOf(python(this));
    for (const op of allOps) {
      const { since, inputs, outputs } = op;
      const said = schemas.get(fullName(op));
      // A vendor's operators gain optional inputs without a new version.
      const known = op.domain ? said?.inputs.slice(0, inputs.length) : said?.inputs;
      expect({ since, inputs, outputs }, op.type).to.deep.equal({ ...said, inputs: known });
    }
  });
});

interface Schema {
  readonly since: number[];
  readonly inputs: string[];
  readonly outputs: string[];
}

const SCRIPT = `
import json, onnx.defs as d
from onnxruntime.capi import onnxruntime_pybind11_state as state
option = d.OpSchema.FormalParameterOption
mark = {option.Single: "", option.Optional: "?", option.Variadic: "..."}
history = {}
for s in sorted(d.get_all_schemas_with_history(), key=lambda s: s.since_version):
    if s.domain == "":
        since = history.get(s.name, {"since": []})["since"] + [s.since_version]
        history[s.name] = {"since": since, "inputs": [i.name + mark[i.option] for i in s.inputs],
                           "outputs": [o.name + mark[o.option] for o in s.outputs]}
def sign(p):
    kind = str(p.option)
    return p.name + ("?" if "Optional" in kind else "..." if "Variadic" in kind else "")
standard = set(history)
for s in sorted(state.get_all_operator_schema(), key=lambda s: s.since_version):
    if s.domain == "com.microsoft" or (s.domain == "" and s.name not in standard):
        name = s.name if s.domain == "" else s.domain + "." + s.name
        since = history.get(name, {"since": []})["since"] + [s.since_version]
        history[name] = {"since": since, "inputs": [sign(i) for i in s.inputs], "outputs": [sign(o) for o in s.outputs]}
print(json.dumps(history))
`;

/** Operators with the signature of their newest version: the standard's as Python's onnx has them, onnxruntime's own. */
function schemasOf(interpreter: string): Map<string, Schema> {
  const text = execFileSync(interpreter, ["-c", SCRIPT], { encoding: "utf8", maxBuffer: 2 ** 24 });
  return new Map(Object.entries(JSON.parse(text) as Record<string, Schema>));
}
