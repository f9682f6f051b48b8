import { readFileSync } from "node:fs";

/**
 * The most memory that this process ever had, in bytes. Linux hands getrusage's maximum on from the process that started
 * this one; the peak of /proc is its own.
 */
export function peakBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
