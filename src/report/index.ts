/** Pages to look at: graphs, differences. */

export * from "./report-page.js";
export * from "./scene.js";
export * from "./scenes.js";
export type { StudySubject } from "./study-sections.js";
export type { Subject } from "./subject.js";
export * from "./viewer-page.js";
