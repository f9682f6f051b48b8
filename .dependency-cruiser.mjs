/**
 * The architecture, as a program: every rule here is a sentence of ARCHITECTURE.md, and each comment says what to do
 * when it fails. A folder that does not exist yet simply has no files to check.
 */

/** The folders of src/ in the order in which data passes. A folder imports from those before it, never after. */
export const folders = [
  "base",
  "ir",
  "onnx",
  "ops",
  "analysis",
  "channels",
  "importance",
  "rewrite",
  "motifs",
  "runtime",
  "data",
  "train",
  "agent",
  "search",
  "diff",
  "report",
  "cli",
];

const inFolders = (...names) => `^src/(${names.join("|")})/`;
const npmPackages = (...names) => `(^|/)node_modules/(${names.join("|")})/`;
const NODE_FILES = "^(node:)?fs(/promises)?$";
const WRITES_FILES = "^src/base/files\\.ts$";

const order = folders.slice(0, -1).map((folder, index) => ({
  name: `order-${folder}`,
  severity: "error",
  comment:
    `src/${folder} comes before ${folders.slice(index + 1).join(", ")} and must not import them. Move the shared part ` +
    "down to the earlier folder, or take what you need as an argument and let src/cli wire it.",
  from: { path: inFolders(folder) },
  to: { path: inFolders(...folders.slice(index + 1)) },
}));

/** What the column "must not know" of ARCHITECTURE.md forbids beyond the order of the folders. */
const mustNotKnow = [
  {
    name: "ir-knows-no-format",
    comment:
      "src/ir is plain values: no protobuf, no files, no engine. Put reading and writing into src/onnx, running into " +
      "src/runtime, and hand src/ir the values.",
    from: { path: inFolders("ir") },
    to: {
      path: [
        npmPackages("protobufjs", "long", "onnx-proto", "onnxruntime-[a-z]+", "@tensorflow/.+"),
        NODE_FILES,
        WRITES_FILES,
      ],
    },
  },
  {
    name: "protobuf-only-in-onnx",
    comment: "Only src/onnx knows protobuf. Ask it for a Model, or give it one to write.",
    from: { path: "^src/", pathNot: inFolders("ir", "onnx") },
    to: { path: npmPackages("protobufjs", "long") },
  },
  {
    name: "engines-only-in-runtime",
    comment:
      "Only src/runtime talks to onnxruntime and tfjs, so that every session is released and runs in a child process " +
      "where it must. Use its sessions, or take a function as an argument.",
    from: { path: "^src/", pathNot: inFolders("ir", "runtime") },
    to: { path: npmPackages("onnxruntime-[a-z]+", "@tensorflow/.+") },
  },
  {
    name: "images-only-in-data",
    comment: "Only src/data decodes images. Ask it for samples.",
    from: { path: "^src/", pathNot: inFolders("data") },
    to: { path: npmPackages("sharp") },
  },
  {
    name: "pure-stages-touch-no-files",
    comment:
      "This stage is a pure function of plain values. Read and write files in src/onnx, src/data or src/cli and pass " +
      "the values in and out.",
    from: {
      path: inFolders("ops", "analysis", "channels", "importance", "rewrite", "motifs", "agent", "diff"),
    },
    to: { path: [NODE_FILES, WRITES_FILES] },
  },
  {
    name: "importance-knows-no-plans",
    comment:
      "A criterion scores units and knows nothing of what is removed. Import the units, not the PrunePlan.",
    from: { path: inFolders("importance") },
    to: { path: "^src/channels/(prune-)?plan" },
  },
  {
    name: "runtime-knows-no-pruning",
    comment:
      "src/runtime runs any model. Give it the model; keep what you know of channels and plans outside.",
    from: { path: inFolders("runtime") },
    to: { path: inFolders("channels", "importance", "rewrite", "motifs") },
  },
  {
    name: "data-knows-no-models",
    comment:
      "src/data gives samples and labels. What a model does with them belongs to src/runtime or src/train.",
    from: { path: inFolders("data") },
    to: { path: inFolders(...folders.slice(1, folders.indexOf("data"))) },
  },
  {
    name: "agent-knows-no-pruned-models",
    comment:
      "src/agent learns on any graph task. Describe the task through GraphEnv in src/search; keep models, channels and " +
      "data out of here.",
    from: { path: inFolders("agent") },
    to: { path: inFolders("onnx", "channels", "importance", "rewrite", "motifs", "data") },
  },
  {
    name: "search-knows-no-file-format",
    comment:
      "src/search works on Model values. Reading and writing ONNX files is the command's job: src/cli wires it.",
    from: { path: inFolders("search") },
    to: { path: inFolders("onnx") },
  },
  {
    name: "report-computes-nothing",
    comment:
      "src/report draws what was computed before. Import types only, compute in the stage, and pass the result in.",
    from: { path: inFolders("report") },
    to: {
      path: inFolders("channels", "importance", "rewrite", "runtime", "train", "agent", "search"),
      dependencyTypesNot: ["type-only"],
    },
  },
  {
    name: "commander-only-in-cli",
    comment: "Flags are the command line's business. Take plain options as an argument.",
    from: { path: "^src/", pathNot: inFolders("cli") },
    to: { path: npmPackages("commander") },
  },
].map((rule) => ({ severity: "error", ...rule }));

const house = [
  {
    name: "help-starts-fast",
    comment:
      "`topiary --help` answers within 200 ms because nothing heavy is loaded for it. Outside src/cli/commands the " +
      "command line imports only src/base and commander; a command's file loads by `import()` when it is called.",
    from: { path: "^src/cli/[^/]+\\.ts$" },
    to: {
      path: ["^src/", "node_modules/"],
      pathNot: ["^src/base/", "^src/cli/[^/]+\\.ts$", npmPackages("commander")],
      dependencyTypesNot: ["dynamic-import", "type-only"],
    },
  },
  {
    name: "commands-stand-alone",
    comment:
      "One file per command, no logic: what two commands share belongs to a stage or to a file beside commands/.",
    from: { path: "^src/cli/commands/([^/]+)\\.ts$" },
    to: { path: "^src/cli/commands/", pathNot: "^src/cli/commands/$1\\.ts$" },
  },
  {
    name: "front-door-is-for-guests",
    comment: "src/index.ts is for users of the package. Inside, import the file that holds what you need.",
    from: { path: "^src/" },
    to: { path: "^src/index\\.ts$" },
  },
  {
    name: "front-door-without-cli",
    comment: "The library is used without the command line. Move what should be public to a stage.",
    from: { path: "^src/index\\.ts$" },
    to: { path: inFolders("cli") },
  },
  {
    name: "no-circular",
    comment:
      "Two files that need each other are one thing, or hide a third: extract it, or use `import type`.",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "src-stands-alone",
    comment: "src/ is what ships. Move what you need from test/ or tools/ into a stage.",
    from: { path: "^src/" },
    to: { path: "^(test|tools|dist)/" },
  },
  {
    name: "no-dev-dependencies",
    comment: "This package is not there for users of onnx-topiary. Move it to dependencies, or do without.",
    // The page's script is bundled by esbuild; only where the package runs from its sources is that done at run time.
    from: { path: "^src/", pathNot: "^src/report/script\\.ts$" },
    // An optional peer is a dev dependency as well, so that the tests have it.
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm-peer"] },
  },
  {
    name: "declared-dependencies",
    comment: "Importing what package.json does not name works by luck. Add it there, or do without.",
    from: { path: "^src/" },
    // What is both a dev dependency and an optional peer counts as "npm-no-pkg" too, though package.json names it.
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["npm-peer"] },
  },
  {
    name: "resolvable",
    comment: "This import leads nowhere: the file is missing, or its name is misspelt.",
    from: { path: "^(src|test|tools)/" },
    to: { couldNotResolve: true },
  },
].map((rule) => ({ severity: "error", ...rule }));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [...order, ...mustNotKnow, ...house],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
