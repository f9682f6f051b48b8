import { readFileSync, writeFileSync } from "node:fs";

/** Resident memory of this process now, in MB. */
export function residentMb(): number {
  return process.memoryUsage.rss() / 1e6;
}

/** Starts a new measurement of the peak where the system can (Linux). */
export function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Elsewhere the peak counts from the start of the process.
  }
}

/** The highest resident memory of this process so far, in MB. */
export function peakMb(): number {
  // On Linux getrusage's figure starts with that of the process that forked this one.
  return fieldOfStatus("self", "VmHWM") ?? process.resourceUsage().maxRSS * MB_PER_KIB;
}

/** Resident memory of another process in MB; 0 where the system does not tell (it does on Linux). */
export function residentMbOf(pid: number | undefined): number {
  return fieldOfStatus(String(pid), "VmRSS") ?? 0;
}

/** What systems call kB is 1024 bytes, for getrusage as for /proc. */
const MB_PER_KIB = 1024 / 1e6;

/** A line of /proc/PID/status in MB. */
function fieldOfStatus(pid: string, name: string): number | undefined {
  try {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(
      readFileSync(`/proc/${pid}/status`, "latin1"),
    );
    return match ? Number(match[1]) * MB_PER_KIB : undefined;
  } catch {
    return undefined;
  }
}
