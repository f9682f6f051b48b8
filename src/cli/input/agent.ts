import { readFileSync } from "node:fs";
import { messageOf, UserError } from "../../base/errors.js";
import type { AgentStart } from "../../search/index.js";
import { option } from "../option.js";

export const agentFlags = {
  agent: option.text("FILE", "begin with what another search has learnt: the file agent in its study"),
  freezeEncoder: option.flag("with --agent: the graph neural network stays as it is, only the heads learn"),
};

/** The agent that a file holds. */
export function agentStart(flags: {
  readonly agent: string | undefined;
  readonly freezeEncoder: boolean;
}): AgentStart | undefined {
  const { agent: path, freezeEncoder } = flags;
  if (path === undefined) {
    if (freezeEncoder)
      throw new UserError("usage", "--freeze-encoder needs --agent FILE, whose encoder it keeps");
    return undefined;
  }
  try {
    return { agent: readFileSync(path), freezeEncoder };
  } catch (error) {
    throw new UserError("agent-file", `--agent ${path}: ${messageOf(error)}`);
  }
}
