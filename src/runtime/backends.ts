import { messageOf } from "../base/errors.js";
import { DataType, Graph, Model } from "../ir/index.js";
import { type CallLimits, Child } from "./child.js";
import { firstLine } from "./engine.js";
import { providerNames, withSession } from "./session.js";
import { type Task, task } from "./task.js";
import { TFJS_BACKENDS, tryTfjsTask } from "./tfjs-backends.js";

/** Something that can compute, and whether it works on this machine. */
export interface Backend {
  readonly engine: "onnxruntime" | "tfjs";
  /** What `--provider` (onnxruntime) or `--backend` (tfjs) takes. */
  readonly name: string;
  /** The npm package that brings it. */
  readonly package: string;
  readonly works: boolean;
  /** Why it does not work; undefined where it does. */
  readonly reason: string | undefined;
}

/** All execution providers of onnxruntime-node on any platform. */
const PROVIDERS = ["cpu", "cuda", "tensorrt", "webgpu", "dml", "coreml", "qnn"];

const LIMITS: CallLimits = { timeoutMs: 60_000 };

/** Tries every execution provider of onnxruntime and every backend of tfjs, each in a child process of its own. */
export async function listBackends(): Promise<Backend[]> {
  const offered = await providerNames();
  const backends: Backend[] = [];
  for (const name of [...new Set([...PROVIDERS, ...offered])]) {
    const reason = offered.includes(name)
      ? await failureOf(tryProviderTask, name)
      : `not part of onnxruntime-node for ${process.platform}-${process.arch}`;
    backends.push({
      engine: "onnxruntime",
      name,
      package: "onnxruntime-node",
      works: reason === undefined,
      reason,
    });
  }
  for (const candidate of TFJS_BACKENDS) {
    const reason = await failureOf(tryTfjsTask, candidate);
    backends.push({
      engine: "tfjs",
      name: candidate.backend,
      package: candidate.package,
      works: reason === undefined,
      reason,
    });
  }
  return backends;
}

/** Why a trial fails; undefined where it works. Native libraries may bring their process down. */
async function failureOf<Args>(trial: Task<Args, void>, args: Args): Promise<string | undefined> {
  const child = new Child();
  try {
    await child.call(trial, args, LIMITS);
    return undefined;
  } catch (error) {
    return firstLine(messageOf(error));
  } finally {
    child.kill();
  }
}

/** In a child: runs a tiny model. Throws the UserErrors of `openSession`. */
export async function tryProvider(provider: string): Promise<void> {
  const graph = new Graph({ name: "trial" });
  const type = { kind: "tensor", elementType: DataType.FLOAT, shape: [{ size: 2 }] } as const;
  const x = graph.addInput("x", { type });
  const y = graph.value("y");
  graph.addNode({ opType: "Abs", inputs: [x], outputs: [y] });
  graph.addOutput(y, { type });
  const model = new Model({ irVersion: 8, opsetImports: [{ domain: "", version: 17 }], graph });
  const feeds = new Map([["x", { dataType: DataType.FLOAT, dims: [2], data: Float32Array.of(-3, 4) }]]);
  const [output] = await withSession(model, { provider }, (session) => session.run(feeds));
  if (output?.data[0] !== 3 || output.data[1] !== 4) throw new Error("it computes wrong results");
}

const tryProviderTask = task(import.meta.url, tryProvider);
