import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { UserError } from "../../src/base/errors.js";
import { argument, type Command, type CommandEntry, defineCommand } from "../../src/cli/command.js";
import { byDefault, option, required, short } from "../../src/cli/option.js";
import { run } from "../../src/cli/run.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const main = join(root, "src/cli/main.ts");

/** A command with every kind of argument and flag; it answers with what it was given. */
const echo = defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file"), others: argument.many("OTHER", "more files") },
  options: {
    out: short("o", option.output("where it goes")),
    macs: option.number("SHARE", "the kept share", { min: 0, max: 1 }),
    seed: byDefault(option.integer("N", "the seed", { min: 0 }), 7),
    importance: option.choice(["l1", "l2"], "the criterion"),
    freeze: option.list("GLOB", "leave these alone"),
    mean: option.numbers("A,B,C", "the mean of each colour"),
    bestEffort: option.flag("take the nearest"),
  },
  example: { line: "topiary echo a.onnx b.onnx --macs 0.5", gives: "What it was given." },
  run(input) {
    // Each line fails to compile if a flag's type is lost on the way to run().
    const seed: number = input.seed;
    const freeze: readonly string[] = input.freeze;
    const criterion: "l1" | "l2" | undefined = input.importance;
    return { document: { ...input, seed, freeze, criterion }, text: `read ${input.model}` };
  },
});

const failing = (error: unknown): Command =>
  defineCommand({
    arguments: {},
    options: {},
    example: { line: "topiary fail", gives: "An error." },
    run() {
      throw error;
    },
  });

const entry = (name: string, command: Command): CommandEntry => ({
  name,
  summary: `the ${name} command`,
  load: async () => ({ default: command }),
});

async function topiary(args: string[], commands: CommandEntry[] = [entry("echo", echo)], input = "") {
  const out: (Uint8Array | string)[] = [];
  const err: string[] = [];
  const code = await run(args, commands, "1.2.3", {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: { write: (chunk) => out.push(chunk) },
    stderr: { write: (text) => err.push(text) },
  });
  return { code, out: Buffer.concat(out.map((chunk) => Buffer.from(chunk))).toString(), err: err.join("") };
}

describe("topiary", () => {
  describe("help and version", () => {
    it("lists the commands without loading any", async () => {
      const unloadable: CommandEntry = {
        name: "heavy",
        summary: "not to be loaded",
        load: () => Promise.reject(new Error("loaded for nothing")),
      };
      const { code, out, err } = await topiary(["--help"], [unloadable]);
      expect(code).to.equal(0);
      expect(out).to.match(/heavy .*not to be loaded/);
      expect(err).to.equal("");
    });

    it("shows a command's arguments, flags, defaults and example", async () => {
      for (const args of [
        ["echo", "--help"],
        ["help", "echo"],
      ]) {
        const { code, out, err } = await topiary(args);
        expect(code).to.equal(0);
        expect(err).to.equal("");
        expect(out).to.contain("topiary echo [options] <MODEL> <OTHER...>");
        expect(out).to.match(/-o, --out <FILE> +where it goes\n/);
        expect(out).to.match(/--seed <N> +the seed \(default: 7\)/);
        expect(out).to.match(/--best-effort +take the nearest\n/);
        expect(out).to.match(/--json +print one JSON document/);
        expect(out).to.contain("$ topiary echo a.onnx b.onnx --macs 0.5");
      }
    });

    it("prints the version", async () => {
      expect(await topiary(["--version"])).to.deep.equal({ code: 0, out: "1.2.3\n", err: "" });
    });

    it("works with an empty list of commands", async () => {
      expect((await topiary(["--help"], [])).code).to.equal(0);
      expect((await topiary(["prune"], [])).code).to.equal(2);
    });
  });

  describe("arguments and flags", () => {
    it("reach the command with their types", async () => {
      const { code, out, err } = await topiary(
        "echo a b c -o x --macs 0.5 --seed 3 --importance l2 --freeze p --freeze q --mean=-1,0.5 --best-effort --json".split(
          " ",
        ),
      );
      expect(err).to.equal("");
      expect(code).to.equal(0);
      expect(JSON.parse(out)).to.deep.equal({
        model: "a",
        others: ["b", "c"],
        out: "x",
        macs: 0.5,
        seed: 3,
        importance: "l2",
        criterion: "l2",
        freeze: ["p", "q"],
        mean: [-1, 0.5],
        bestEffort: true,
      });
    });

    it("have their defaults when not given", async () => {
      const { out } = await topiary(["echo", "a", "b", "--json"]);
      expect(JSON.parse(out)).to.deep.equal({
        model: "a",
        others: ["b"],
        seed: 7,
        freeze: [],
        bestEffort: false,
      });
    });

    it("print text, ended by a newline, without --json", async () => {
      expect(await topiary(["echo", "a", "b"])).to.deep.equal({ code: 0, out: "read a\n", err: "" });
    });
  });

  describe("bad usage", () => {
    const needsOut = defineCommand({
      arguments: {},
      options: { out: required(option.output("where it goes")) },
      example: { line: "topiary write --out x", gives: "A file." },
      run: () => ({ document: null, text: "" }),
    });
    const cases: [string, RegExp][] = [
      ["echo a b --mcas 0.5", /unknown option '--mcas' \(Did you mean --macs\?\); see `topiary echo --help`/],
      ["--verzion", /unknown option '--verzion' \(Did you mean --version\?\); see `topiary --help`/],
      ["ecko a b", /unknown command 'ecko' \(Did you mean echo\?\); see `topiary --help`/],
      ["echo a", /missing required argument 'OTHER'/],
      ["write", /required option '--out <FILE>' not specified/],
      ["echo a b --macs", /option '--macs <SHARE>' argument missing/],
      ["echo a b --macs 1.5", /--macs wants a number from 0 to 1; got "1.5"/],
      ["echo a b --macs half", /--macs wants a number from 0 to 1; got "half"/],
      ["echo a b --seed 0.5", /--seed wants a whole number of at least 0; got "0.5"/],
      ["echo a b --mean 1,,2", /--mean wants a number; got ""/],
      ["echo a b --importance l3", /--importance takes l1, l2; got "l3"/],
      ["", /name a command; `topiary --help` lists them/],
    ];
    for (const [line, message] of cases) {
      it(`"topiary ${line}" is one clear line and exit code 2`, async () => {
        const args = line === "" ? [] : line.split(" ");
        const { code, out, err } = await topiary(args, [entry("echo", echo), entry("write", needsOut)]);
        expect(err).to.match(message);
        expect(err).to.match(/^topiary: [^\n]+\n$/);
        expect(out).to.equal("");
        expect(code).to.equal(2);
      });
    }

    it("--json and a file on standard output exclude each other", async () => {
      const { code, err } = await topiary(["echo", "a", "b", "-o", "-", "--json"]);
      expect(err).to.match(/--out - and --json both want standard output/);
      expect(code).to.equal(2);
    });
  });

  describe("trouble", () => {
    it("of the user's making is one line and exit code 2", async () => {
      const error = new UserError("not-onnx", "a.onnx is not an ONNX file:\n  it is empty");
      const result = await topiary(["fail"], [entry("fail", failing(error))]);
      expect(result).to.deep.equal({
        code: 2,
        out: "",
        err: "topiary: a.onnx is not an ONNX file: it is empty\n",
      });
    });

    it("is a JSON document where one was asked for", async () => {
      const error = new UserError("not-onnx", "it is empty");
      const { code, out } = await topiary(["fail", "--json"], [entry("fail", failing(error))]);
      expect(code).to.equal(2);
      expect(JSON.parse(out)).to.deep.equal({ error: { code: "not-onnx", message: "it is empty" } });
    });

    it("of our making asks for a report, shows the stack and ends with exit code 70", async () => {
      const { code, out, err } = await topiary(
        ["fail"],
        [entry("fail", failing(new TypeError("x is undefined")))],
      );
      expect(code).to.equal(70);
      expect(out).to.equal("");
      expect(err).to.match(/bug in topiary.*report/s);
      expect(err).to.contain("topiary 1.2.3, node");
      expect(err).to.match(/TypeError: x is undefined\n +at /);
    });
  });

  describe("what a command says and touches", () => {
    const copy = defineCommand({
      arguments: {},
      options: { out: required(option.output("where it goes")) },
      example: { line: "topiary copy --out -", gives: "The same bytes." },
      async run({ out }, io) {
        const bytes = await io.readStandardInput();
        io.note("copying");
        io.writeOutput(out, [bytes.subarray(0, 2), bytes.subarray(2)]);
        return {
          document: { bytes: bytes.length, big: 2n ** 40n, bigger: 2n ** 60n },
          text: ["done", "\n"],
          exitCode: 1,
        };
      },
    });
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "topiary-cli-"));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it("a file on standard output leaves the text to standard error", async () => {
      const result = await topiary(["copy", "--out", "-"], [entry("copy", copy)], "bytes");
      expect(result).to.deep.equal({ code: 1, out: "bytes", err: "copying\ndone\n" });
    });

    it("a file on disk leaves nothing else behind, and standard output to the document", async () => {
      const { code, out, err } = await topiary(
        ["copy", "--out", join(folder, "x"), "--json"],
        [entry("copy", copy)],
        "bytes",
      );
      expect(code).to.equal(1);
      expect(err).to.equal("copying\n");
      expect(JSON.parse(out)).to.deep.equal({ bytes: 5, big: 2 ** 40, bigger: (2n ** 60n).toString() });
      expect(readdirSync(folder)).to.deep.equal(["x"]);
      expect(readFileSync(join(folder, "x"), "utf8")).to.equal("bytes");
    });
  });

  describe("as a process", () => {
    const invoke = (...args: string[]) =>
      spawnSync(process.execPath, ["--import", "tsx", main, ...args], { cwd: root, encoding: "utf8" });

    it("prints the version of package.json", () => {
      const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
      expect(invoke("--version")).to.include({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    });

    it("ends with exit code 2 on an unknown flag", () => {
      const { status, stdout, stderr } = invoke("--no-such-flag");
      expect(stderr).to.match(/^topiary: unknown option '--no-such-flag'.*\n$/);
      expect(stdout).to.equal("");
      expect(status).to.equal(2);
    });

    it("ends with exit code 70, not 1, on an exception that nobody awaits", () => {
      const late = 'data:text/javascript,setTimeout(() => { throw new Error("too late"); }, 800);';
      const { status, stderr } = spawnSync(
        process.execPath,
        ["--import", "tsx", "--import", late, main, "--version"],
        { cwd: root, encoding: "utf8" },
      );
      expect(stderr).to.match(/^topiary: this is a bug in topiary.*Error: too late/s);
      expect(status).to.equal(70);
    });

    it("is quiet when its reader goes away", async () => {
      const child = spawn(process.execPath, ["--import", "tsx", main, "--help"], { cwd: root });
      // Gone long before the child, which has yet to start, writes its first byte.
      child.stdout.destroy();
      let err = "";
      child.stderr.on("data", (chunk) => {
        err += chunk;
      });
      const [code] = await once(child, "close");
      expect(err).to.equal("");
      expect(code).to.equal(0);
    });
  });
});
