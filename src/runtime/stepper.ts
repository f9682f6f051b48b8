import type { Model } from "../ir/index.js";
import { ResidentSession, type StateNames, type Stepper } from "./resident.js";

/** What runs the graphs of an agent. */
export interface EngineOptions {
  /** Threads inside one operator; 1 by default, since small graphs gain nothing from more. */
  readonly threads?: number | undefined;
}

/** Loads a graph whose state stays with the engine from step to step. */
export function openStepper(model: Model, names: StateNames, options: EngineOptions = {}): Promise<Stepper> {
  return ResidentSession.open(model, names, { threads: options.threads ?? 1 });
}
