import { costTable } from "../../analysis/index.js";
import { UserError } from "../../base/errors.js";
import type { Laboratory } from "../../rewrite/index.js";
import { type CompareOptions, checkLoads, compareOutputs } from "../../runtime/index.js";
import type { Io } from "../io.js";
import { findShapes } from "./shapes.js";

/** What the silencing oracle needs, done by onnxruntime. */
export function laboratory(options: CompareOptions, io: Io): Laboratory {
  return {
    compare: (reference, candidate) => io.wait("running both", compareOutputs(reference, candidate, options)),
    async refusal(model) {
      try {
        await io.wait("loading", checkLoads(model, { provider: options.provider }));
        return undefined;
      } catch (error) {
        if (error instanceof UserError && error.code === "model-not-runnable") return error.message;
        throw error;
      }
    },
    async measure(model) {
      const { of: dims } = await findShapes(model, options, io);
      const { macs, uncounted } = costTable(model.graph, dims);
      return { dims, macs: uncounted.length > 0 ? undefined : macs };
    },
  };
}
