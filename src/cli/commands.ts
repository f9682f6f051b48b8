import type { CommandEntry } from "./command.js";

/**
 * The commands in the order of the work. To add one: a file in `commands/` that exports `defineCommand({...})` as its
 * default, and one line here, such as
 *
 *     { name: "inspect", summary: "what the model is", load: () => import("./commands/inspect.js") },
 */
export const commands: readonly CommandEntry[] = [];
