import type { Tensor as EngineTensor, InferenceSession } from "onnxruntime-node";
import { invariant, messageOf, UserError } from "../base/errors.js";
import { DataType, elementsOf, nameOfType } from "../ir/index.js";
import { firstLine, inEngine, loadEngine } from "./engine.js";
import type { Feeds } from "./feeds.js";
import { engineTypeName, engineTypeOf, type HostArray, type HostTensor } from "./host-tensor.js";
import type { Port } from "./port.js";
import { notRunnable } from "./refusal.js";
import { handOver, type ModelSource, type PassedModel } from "./source.js";

export interface SessionOptions {
  /** An execution provider of onnxruntime: cpu (the default), cuda, tensorrt, webgpu, ... */
  readonly provider?: string | undefined;
  /** Threads inside one operator; all cores by default. */
  readonly threads?: number | undefined;
  /** How much onnxruntime rewrites the graph first; "all" by default. */
  readonly optimization?: "disabled" | "basic" | "extended" | "all" | undefined;
}

/** An output of a run. */
export interface RunOutput extends HostTensor {
  readonly name: string;
}

/** A model loaded into onnxruntime. `run` blocks the event loop while it computes. */
export class Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #native: InferenceSession;
  readonly #label: string;

  constructor(native: InferenceSession, label: string) {
    this.#native = native;
    this.#label = label;
    this.inputs = native.inputMetadata.map(portOf);
    this.outputs = native.outputMetadata.map(portOf);
  }

  /**
   * One run: feeds by input name, outputs in the model's order (or those named). Throws the UserError "run-failed"
   * where onnxruntime refuses the feeds or fails on the way.
   */
  async run(feeds: Feeds, fetch?: readonly string[]): Promise<RunOutput[]> {
    const { Tensor } = await loadEngine();
    const given: Record<string, EngineTensor> = Object.create(null);
    for (const { name } of this.inputs) {
      const feed = feeds.get(name);
      if (feed) given[name] = toEngine(Tensor, name, feed);
    }
    const names = fetch ?? this.outputs.map((output) => output.name);
    try {
      const results = await inEngine(() => this.#native.run(given, names));
      return names.map((name) => fromEngine(name, results[name]));
    } catch (error) {
      throw new UserError(
        "run-failed",
        `${this.#label}: onnxruntime stopped: ${firstLine(messageOf(error))}`,
        {
          cause: error,
        },
      );
    }
  }

  release(): Promise<void> {
    return inEngine(() => this.#native.release());
  }
}

/** Opens a session, hands it to `use`, and releases it whatever happens. Errors: see `openSession`. */
export async function withSession<T>(
  source: ModelSource,
  options: SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(source, options);
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/**
 * Loads a model into onnxruntime; the caller releases the session. Throws a UserError: "model-not-runnable" with the
 * reason where onnxruntime cannot load the model, "provider-unavailable" where the provider does not work here.
 */
export async function openSession(source: ModelSource, options: SessionOptions = {}): Promise<Session> {
  const { provider = "cpu", threads, optimization = "all" } = options;
  await checkProviderName(provider);
  const { model, dispose } = await handOver(source);
  const create = (...executionProviders: string[]) =>
    createNative(model, {
      executionProviders,
      graphOptimizationLevel: optimization,
      logSeverityLevel: 4,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    });
  try {
    // Without the CPU behind it a provider refuses models with a single operator that it lacks.
    return new Session(await (provider === "cpu" ? create("cpu") : create(provider, "cpu")), model.label);
  } catch (error) {
    if (provider !== "cpu") {
      // The model may be as much to blame as the provider: the same on the CPU tells which.
      const onCpu = await create("cpu").catch(() => undefined);
      await onCpu?.release();
      if (onCpu) throw providerUnavailable(provider, messageOf(error));
    }
    throw notRunnable(model.label, messageOf(error));
  } finally {
    dispose();
  }
}

async function createNative(
  { content }: PassedModel,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const { InferenceSession } = await loadEngine();
  return inEngine(() =>
    typeof content === "string"
      ? InferenceSession.create(content, options)
      : InferenceSession.create(content, options),
  );
}

async function checkProviderName(provider: string): Promise<void> {
  const known = await providerNames();
  if (known.includes(provider)) return;
  throw new UserError("provider-unknown", `provider ${provider}: onnxruntime has ${known.join(", ")} here`);
}

/** The execution providers that onnxruntime-node offers on this platform, working or not. */
export async function providerNames(): Promise<string[]> {
  const { listSupportedBackends } = await loadEngine();
  return listSupportedBackends().map((backend) => backend.name);
}

function providerUnavailable(provider: string, message: string): UserError {
  return new UserError(
    "provider-unavailable",
    `provider ${provider} does not work here: ${providerReason(provider, message)}`,
  );
}

/** Why a provider does not start, with the command that helps where there is one. */
export function providerReason(provider: string, message: string): string {
  const line = firstLine(message);
  if (
    (provider === "cuda" || provider === "tensorrt") &&
    /Failed to load shared library|cannot open shared/.test(line)
  ) {
    return "its libraries are not installed; on linux/x64: npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12";
  }
  return line;
}

function portOf(metadata: InferenceSession.ValueMetadata): Port {
  if (!metadata.isTensor) return { name: metadata.name, dataType: DataType.UNDEFINED, dims: [] };
  return { name: metadata.name, dataType: engineTypeOf(metadata.type), dims: metadata.shape };
}

function toEngine(
  Tensor: typeof EngineTensor,
  name: string,
  { dataType, dims, data }: HostTensor,
): EngineTensor {
  const type = engineTypeName(dataType);
  if (type === undefined || data.length !== elementsOf(dims)) {
    throw new UserError(
      "feed",
      `input ${name}: got ${data.length} elements of ${nameOfType(dataType)} for dimensions [${dims}]`,
    );
  }
  return new Tensor(type as "float32", data as Float32Array, dims);
}

function fromEngine(name: string, tensor: EngineTensor | undefined): RunOutput {
  invariant(tensor, () => `onnxruntime returned no ${name}`);
  const dataType = engineTypeOf(tensor.type);
  const data = tensor.data as HostArray;
  // Newer versions of Node have a Float16Array; here float16 always comes as bit patterns.
  const bits = dataType === DataType.FLOAT16 && ArrayBuffer.isView(data);
  return {
    name,
    dataType,
    dims: tensor.dims,
    data: bits ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data,
  };
}
