import { expect } from "chai";
import { tableText } from "../../../src/cli/output/table.js";

describe("tables", () => {
  it("line up, numbers on the right, without blanks at the ends", () => {
    const columns = [{ title: "layer" }, { title: "MACs", align: "right" as const }, { title: "op" }];
    const rows = [
      ["conv1", "1.5 M", "Conv"],
      ["a very long name", "12", ""],
      ["漢字", "", "Relu"],
    ];
    expect(tableText(columns, rows)).to.equal(
      [
        "layer              MACs  op",
        "conv1             1.5 M  Conv",
        "a very long name     12",
        "漢字                     Relu",
      ].join("\n"),
    );
  });

  it("have a heading even without rows", () => {
    expect(tableText([{ title: "group" }, { title: "units" }], [])).to.equal("group  units");
  });
});
