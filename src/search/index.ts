/** Searches and what they leave behind: studies and their trials. */
export * from "./parse-study.js";
export * from "./study-document.js";
