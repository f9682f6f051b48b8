import { decodeModel, readModel, writeModel } from "../../src/onnx/index.js";
import { peakMb, residentMb } from "../../src/runtime/memory.js";
import { modelWith } from "../support/onnx-files.js";

/** Reads a model, writes it, and prints the peak of memory above what the process had before, in MB. */
const [source = "", target = ""] = process.argv.slice(2);
decodeModel(modelWith());
const idle = residentMb();
writeModel(readModel(source), target);
console.log(peakMb() - idle);
