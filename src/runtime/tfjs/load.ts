import { createRequire } from "node:module";
import { messageOf, UserError } from "../../base/errors.js";
import { TFJS_BACKENDS, type TfjsBackend } from "../tfjs-backends.js";
import type { Tfjs } from "./ops.js";

/** Names that `--backend` takes, for one package each: the two that share tfjs's name "tensorflow" by theirs. */
export function backendName({ package: name, backend }: TfjsBackend): string {
  return backend === "tensorflow" ? name.replace("@tensorflow/tfjs-", "") : backend;
}

/** True where npm has installed what a backend needs; whether it works shows when it is started. */
export function isInstalled({ package: name, core }: TfjsBackend): boolean {
  const { resolve } = createRequire(import.meta.url);
  try {
    for (const each of core === undefined ? [name] : [name, core]) resolve(each);
    return true;
  } catch {
    return false;
  }
}

/**
 * tfjs with a backend started: that of this name, else the fastest that is installed and starts. Throws the UserErrors
 * "backend-unknown" and "backend-unavailable", which says what to install.
 */
export async function loadTfjs(name?: string): Promise<Tfjs> {
  if (name !== undefined) {
    const wanted = TFJS_BACKENDS.find((each) => backendName(each) === name);
    if (wanted) return start(wanted);
    const known = TFJS_BACKENDS.map(backendName).join(", ");
    throw new UserError("backend-unknown", `backend ${name}: the engine tfjs has ${known}`);
  }
  for (const each of TFJS_BACKENDS.filter(isInstalled)) {
    const tf = await start(each).catch(() => undefined);
    if (tf) return tf;
  }
  throw new UserError(
    "backend-unavailable",
    "the engine tfjs is not installed: npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm",
  );
}

/** Packages of tfjs find each other by themselves: whichever is loaded adds itself to the one core. */
async function start(wanted: TfjsBackend): Promise<Tfjs> {
  const { package: name, backend, core } = wanted;
  const packages = core === undefined ? name : `${name} ${core}`;
  if (!isInstalled(wanted))
    throw new UserError(
      "backend-unavailable",
      `backend ${backendName(wanted)}: not installed: npm install ${packages}`,
    );
  try {
    const added = await importPackage(name);
    const tf = core === undefined ? added : await importPackage(core);
    // Without it the CPU backend prints advice to standard error.
    tf.enableProdMode();
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs cannot start ${backend} on this machine`);
    await tf.ready();
    return tf;
  } catch (error) {
    throw new UserError("backend-unavailable", `backend ${backendName(wanted)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** CommonJS packages have their exports under `default`. */
async function importPackage(name: string): Promise<Tfjs> {
  const loaded: Tfjs & { readonly default?: Tfjs } = await import(name);
  return loaded.default ?? loaded;
}
