/** What became of one model. */
export interface Outcome {
  readonly mb?: number;
  /** What was halved: MACs, or parameters where no MACs can be counted. */
  readonly budget?: string;
  readonly kept?: number;
  readonly macs?: { readonly before: number; readonly after: number };
  /** Share of the MACs that exact pruning could remove at most. */
  readonly removable?: number | null;
  readonly removed?: number;
  readonly seconds?: Readonly<Record<string, number>>;
  /** Seconds of the whole command, its start included. */
  readonly command?: number;
  readonly verified?: boolean;
  readonly difference?: number;
  readonly noise?: number;
  readonly failed?: string;
  readonly reason?: string | undefined;
  readonly problems?: readonly string[];
}

export interface Row extends Outcome {
  readonly model: string;
  readonly exporter: string;
  /** Seconds of the peer, or why it failed. */
  readonly peer?: number | string;
}

const STAGES = ["read", "shapes", "analyse", "choose", "slice", "write"] as const;

export function markdown(rows: readonly Row[]): string {
  const withPeer = rows.some(({ peer }) => peer !== undefined);
  const head = [
    "model",
    "exporter",
    "MB",
    "kept",
    "verified",
    ...STAGES,
    "reason",
    ...(withPeer ? ["peer"] : []),
  ];
  const lines = rows.map((row) => [
    row.model,
    row.exporter,
    row.mb?.toFixed(1) ?? "",
    row.kept === undefined ? "" : `${row.kept.toFixed(4)}${row.budget === "macs" ? "" : ` ${row.budget}`}`,
    row.verified ? "yes" : (row.failed ?? "nothing removed"),
    ...STAGES.map((stage) => row.seconds?.[stage]?.toFixed(2) ?? ""),
    [row.reason, ...(row.problems ?? [])].filter((text) => text).join("; "),
    ...(withPeer ? [typeof row.peer === "number" ? row.peer.toFixed(2) : (row.peer ?? "")] : []),
  ]);
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [head, head.map(() => "---"), ...lines]
    .map((line) => `| ${line.map(cell).join(" | ")} |`)
    .join("\n");
}
