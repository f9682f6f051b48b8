/** Searches and what they leave behind: studies and their trials. */

export { HierarchyObserver, type ObserverOptions } from "./observation.js";
export * from "./parse-study.js";
export * from "./study-document.js";
