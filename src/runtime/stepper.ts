import { UserError } from "../base/errors.js";
import type { Model } from "../ir/index.js";
import { Child } from "./child.js";
import { ResidentSession, type StateNames, type Stepper } from "./resident.js";
import { isInstalled, loadTfjs } from "./tfjs/load.js";
import { TfjsStepper } from "./tfjs/stepper.js";
import { TFJS_BACKENDS, tryTfjsTask } from "./tfjs-backends.js";

/** What runs the graphs of an agent. */
export interface EngineOptions {
  /** "auto" (the default) is tfjs where tfjs-node-gpu is installed and works, else onnxruntime. */
  readonly engine?: "auto" | "onnxruntime" | "tfjs" | undefined;
  /** Of onnxruntime an execution provider (cpu by default), of tfjs: node-gpu, node, webgpu, wasm or cpu (the first that works). */
  readonly backend?: string | undefined;
  /** Threads inside one operator of onnxruntime; 1 by default, since small graphs gain nothing from more. */
  readonly threads?: number | undefined;
}

/**
 * Loads a graph whose state stays with the engine from step to step. Throws UserErrors for an engine that is not there
 * ("engine-unknown", "backend-unavailable", "provider-unavailable", ...) and for what tfjs cannot run ("tfjs-op").
 */
export async function openStepper(
  model: Model,
  names: StateNames,
  options: EngineOptions = {},
): Promise<Stepper> {
  const { engine = "auto", backend, threads = 1 } = options;
  if (engine !== "auto" && engine !== "onnxruntime" && engine !== "tfjs")
    throw new UserError("engine-unknown", `engine ${engine}: there are auto, onnxruntime and tfjs`);
  if (engine === "auto" && backend === undefined && (await hasTfjsGpu()))
    return new TfjsStepper(await loadTfjs("node-gpu"), model, names);
  if (engine === "tfjs") return new TfjsStepper(await loadTfjs(backend), model, names);
  return ResidentSession.open(model, names, { threads, provider: backend });
}

let tfjsGpu: Promise<boolean> | undefined;

/** True where tfjs-node-gpu computes something. It is tried in a child process, which it may bring down. */
function hasTfjsGpu(): Promise<boolean> {
  tfjsGpu ??= (async () => {
    const gpu = TFJS_BACKENDS[0];
    if (!gpu || !isInstalled(gpu)) return false;
    const child = new Child();
    try {
      await child.call(tryTfjsTask, gpu, { timeoutMs: 60_000 });
      return true;
    } catch {
      return false;
    } finally {
      child.kill();
    }
  })();
  return tfjsGpu;
}
