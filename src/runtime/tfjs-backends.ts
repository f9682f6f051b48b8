import { messageOf, UserError } from "../base/errors.js";
import { task } from "./task.js";

/** A way to run tfjs: the package that brings it and what tfjs calls the backend. */
export interface TfjsBackend {
  readonly package: string;
  readonly backend: string;
  /** The package that holds tfjs itself, where `package` only adds a backend to it. */
  readonly core?: string;
}

/** Fastest first. All are optional: the native ones download libraries when they are installed. */
export const TFJS_BACKENDS: readonly TfjsBackend[] = [
  { package: "@tensorflow/tfjs-node-gpu", backend: "tensorflow" },
  { package: "@tensorflow/tfjs-node", backend: "tensorflow" },
  { package: "@tensorflow/tfjs-backend-webgpu", backend: "webgpu", core: "@tensorflow/tfjs-core" },
  { package: "@tensorflow/tfjs-backend-wasm", backend: "wasm", core: "@tensorflow/tfjs-core" },
  { package: "@tensorflow/tfjs-backend-cpu", backend: "cpu", core: "@tensorflow/tfjs-core" },
];

/** The little of tfjs that shows whether it works. */
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor1d(values: number[]): unknown;
  square(tensor: unknown): { data(): Promise<ArrayLike<number>> };
}

/** In a child: computes something. Throws a UserError with the reason where the backend is absent or does not work. */
export async function tryTfjs({ package: name, backend, core }: TfjsBackend): Promise<void> {
  try {
    const added = await importTfjs(name);
    const tf = core === undefined ? added : await importTfjs(core);
    // It rejects where the package did not find what the backend needs, and left it unregistered.
    const started = await tf.setBackend(backend).catch(() => false);
    if (!started) throw new Error(`tfjs cannot start its backend ${backend} on this machine`);
    await tf.ready();
    const squares = await tf.square(tf.tensor1d([3])).data();
    if (squares[0] !== 9) throw new Error(`it computed 3² = ${squares[0]}`);
  } catch (error) {
    throw new UserError(
      "backend-unavailable",
      reasonOf(error, core === undefined ? name : `${name} ${core}`),
      { cause: error },
    );
  }
}

/** CommonJS packages have their exports under `default`. */
async function importTfjs(name: string): Promise<Tfjs> {
  const loaded: Partial<Tfjs> & { readonly default?: Tfjs } = await import(name);
  return loaded.default ?? (loaded as Tfjs);
}

function reasonOf(error: unknown, packages: string): string {
  const absent = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
  return absent ? `not installed: npm install ${packages}` : messageOf(error);
}

export const tryTfjsTask = task(import.meta.url, tryTfjs);
