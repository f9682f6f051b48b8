/** A function that a child process can be asked to run: it is found again there by its module and its name. */
export interface Task<Args, Result> {
  readonly module: string;
  readonly name: string;
  /** For the types only; never called in the parent. */
  readonly run: (args: Args) => Result | Promise<Result>;
}

/**
 * Makes an exported function callable in child processes. `module` is the `import.meta.url` of the file that exports
 * it under its own name. Arguments and results must survive structured cloning (typed arrays, Maps and bigints do).
 */
export function task<Args, Result>(
  module: string,
  run: (args: Args) => Result | Promise<Result>,
): Task<Args, Result> {
  return { module, name: run.name, run };
}

/** What the parent sends. */
export interface TaskRequest {
  readonly id: number;
  readonly module: string;
  readonly name: string;
  readonly args: unknown;
}

/** What the child answers; a UserError keeps its code. */
export type TaskReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly message: string;
      readonly code?: string | undefined;
      readonly stack?: string | undefined;
    };
