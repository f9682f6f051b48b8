import { readFileSync } from "node:fs";
import { decodeModel, readModel, writeModel } from "../../src/onnx/index.js";
import { modelWith } from "../support/onnx-files.js";

/** Reads a model, writes it, and prints the peak of memory above what the process had before, in bytes. */
const [source = "", target = ""] = process.argv.slice(2);
decodeModel(modelWith());
const idle = process.memoryUsage.rss();
writeModel(readModel(source), target);
console.log(peakBytes() - idle);

/** Linux hands getrusage's maximum on from the process that started this one; the peak of /proc is its own. */
function peakBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
