import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** What a program left: its exit code (null where it was stopped), standard output and error, seconds. */
export interface Finished {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
  readonly time: number;
}

/** Runs a program for at most `limit` seconds, with `input` as its standard input. */
export function command(program: string, args: readonly string[], limit: number, input = ""): Finished {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    input,
    timeout: limit * 1000,
    killSignal: "SIGKILL",
    maxBuffer: 2 ** 28,
  });
  return { status, out: stdout ?? "", error: stderr ?? "", time: (performance.now() - start) / 1000 };
}

export const seconds = (time: number): string => `${Math.round(time)} s`;

export function python(): string {
  return needed("TOPIARY_PYTHON");
}

export function sharedTool(name: string): string {
  return resolve(needed("TOPIARY_SHARED"), "tools", name);
}

/** Names of torchvision's classification models below a size, smallest first. */
export function torchvisionNames(maxMb: number): string[] {
  const list = [
    "import torchvision.models as m",
    "size = lambda name: 4e-6 * m.get_model_weights(name).DEFAULT.meta['num_params']",
    "sizes = sorted((size(name), name) for name in m.list_models(module=m))",
    `print(*(name for mb, name in sizes if mb <= ${maxMb}))`,
  ].join("\n");
  const { out, error } = command(python(), ["-c", list], 600);
  if (out === "") throw new Error(error);
  return out.trim().split(/\s+/);
}

/** Exports one model into a folder, or finds it among those that `from` holds. */
export function exportModel(
  name: string,
  exporter: string,
  maxMb: number,
  folder: string,
  from: string | undefined,
): { readonly path: string } | { readonly reason: string } {
  const file = `${exporter.startsWith("dynamo") ? "dyn_" : ""}${name}.onnx`;
  const there = from === undefined ? undefined : join(from, file);
  if (there !== undefined && existsSync(there)) return { path: there };
  const flags = ["dynamo", "keep-bn"].filter((flag) => exporter.includes(flag)).map((flag) => `--${flag}`);
  const script = sharedTool("make_zoo.py");
  const { out, error, status } = command(
    python(),
    [script, folder, ...flags, "--max-mb", String(maxMb), name],
    1800,
  );
  const path = join(folder, file);
  if (existsSync(path) && status === 0) return { path };
  return { reason: lastLine(out) || lastLine(error) || "the exporter was stopped" };
}

export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function needed(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`set ${variable}`);
  return value;
}
