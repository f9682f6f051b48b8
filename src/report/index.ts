/** Pages to look at: graphs, differences. */
export * from "./scene.js";
export * from "./scenes.js";
export type { Subject } from "./view.js";
export * from "./viewer-page.js";
