import { decodeModel, readModel, writeModel } from "../../src/onnx/index.js";
import { modelWith } from "../support/onnx-files.js";
import { peakBytes } from "../support/peak.js";

/** Reads a model, writes it, and prints the peak of memory above what the process had before, in bytes. */
const [source = "", target = ""] = process.argv.slice(2);
decodeModel(modelWith());
const idle = process.memoryUsage.rss();
writeModel(readModel(source), target);
console.log(peakBytes() - idle);
