/** Nothing is said about work that is done sooner. */
const QUIET_MS = 2000;
/** A terminal's line is rewritten, so it may change often; a log gets a new line each time. */
const TERMINAL_STEP_MS = 100;
const LOG_STEP_MS = 10_000;

/**
 * One line that says how far a long piece of work is. It needs no timer, because onnxruntime blocks the event loop while
 * it computes: the work itself reports, and the clock is asked each time.
 */
export class ProgressLine {
  #shown = false;

  constructor(
    private readonly stream: { write(text: string): unknown; readonly isTTY?: boolean | undefined },
    private readonly now: () => number = performance.now.bind(performance),
  ) {}

  /** How far a piece of work is: a count, a count of a total, or nothing but the time. */
  start(label: string): (done?: number, total?: number) => void {
    const begun = this.now();
    let due = begun + QUIET_MS;
    return (done, total) => {
      const now = this.now();
      if (now < due) return;
      due = now + (this.stream.isTTY ? TERMINAL_STEP_MS : LOG_STEP_MS);
      const count = done === undefined ? "" : ` ${done}${total === undefined ? "" : `/${total}`}`;
      this.#show(`${label}${count} · ${seconds(now - begun)}`);
    };
  }

  /** What comes next, a line for each; timed from now on. */
  stages(): (label: string) => void {
    const begun = this.now();
    return (label) => {
      const passed = this.now() - begun;
      if (passed >= QUIET_MS) this.#show(`${label} · ${seconds(passed)}`);
    };
  }

  /** Takes the line off a terminal, before something else is written there. */
  clear(): void {
    if (this.#shown) this.stream.write("\r\u001b[K");
    this.#shown = false;
  }

  #show(text: string): void {
    if (!this.stream.isTTY) {
      this.stream.write(`${text}\n`);
      return;
    }
    this.stream.write(`\r\u001b[K${text}`);
    this.#shown = true;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
