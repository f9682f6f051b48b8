import { listBackends } from "../../runtime/index.js";
import { defineCommand } from "../command.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: {},
  options: {},
  example: {
    line: "topiary backends",
    gives: "What can compute on this machine, and why the rest cannot.",
  },
  async run(_, io) {
    const backends = await io.wait("trying backends", listBackends());
    return {
      document: { backends: backends.map((each) => ({ ...each, reason: each.reason ?? null })) },
      text: tableText(
        [{ title: "engine" }, { title: "name" }, { title: "works" }, { title: "package, or why not" }],
        backends.map((each) => [
          each.engine,
          each.name,
          each.works ? "yes" : "no",
          each.works ? each.package : (each.reason ?? ""),
        ]),
      ),
    };
  },
});
