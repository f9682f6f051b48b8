#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { commands } from "./commands.js";
import { describe, run } from "./run.js";

const manifest = new URL("../../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
const argv = process.argv.slice(2);

// `topiary text model.onnx | head` closes our output early. That is no error: what is left is written nowhere.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

// Node would end these with exit code 1, which here means "a check failed".
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    const { exitCode, message } = describe(error, argv, version);
    process.stderr.write(`topiary: ${message}\n`);
    process.exit(exitCode);
  });
}

// Not process.exit(): what was written to a pipe may still be on its way.
process.exitCode = await run(argv, commands, version, process);
