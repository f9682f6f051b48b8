import { sharings } from "../../channels/index.js";
import { byDefault, option } from "../option.js";

export const sharingFlag = byDefault(
  option.choice(sharings, "each group for itself, or the action spaces of the GNN-RL paper (README)"),
  "exact",
);
