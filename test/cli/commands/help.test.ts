import { expect } from "chai";
import { commands } from "../../../src/cli/commands.js";
import { textOf } from "../../support/command.js";

describe("the help of every command", () => {
  for (const { name, summary } of commands) {
    it(name, async () => {
      const text = await textOf([name, "--help"]);
      expect(text).to.match(new RegExp(`^Usage: topiary ${name} `));
      expect(text.replaceAll(/\s+/g, " ")).to.contain(` ${summary} `);
      expect(text).to.match(new RegExp(`\\nExample:\\n {2}\\$ topiary ${name}\\b.*\\n\\n {2}[A-Z].*\\.\\n$`));
    });
  }

  it("stands in the list of commands", async () => {
    const text = await textOf(["--help"]);
    for (const { name, summary } of commands)
      expect(text.replaceAll(/\s+/g, " ")).to.contain(` ${name} ${summary}`);
  });
});
