import type { ModelSummary } from "../analysis/index.js";
import type { ModelDiff } from "../diff/index.js";
import { escapeHtml, escapeJson, htmlPage } from "./html.js";
import { pairs, preformatted, section } from "./markup.js";
import { costSection, diffSection, latencySection } from "./model-sections.js";
import { reportStyle } from "./report-style.js";
import type { Scene } from "./scene.js";
import { viewerScript } from "./script.js";
import {
  askedAndReached,
  planSection,
  ratioPerLayer,
  reproduce,
  type StudySubject,
} from "./study-sections.js";
import { accuracyOverFlops, accuracyOverMacs, rewardPerEpisode } from "./trial-charts.js";

/** A model of a report. */
export interface ReportedModel {
  readonly label: string;
  readonly summary: ModelSummary;
  /** Of the model that it is compared with; the same for the original itself. */
  readonly original?: ModelSummary | undefined;
  /** Its motifs as text, level by level. */
  readonly motifs: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** Times of one run of some models, and how they were measured. */
export interface LatencyFigures {
  readonly models: readonly {
    readonly label: string;
    readonly p50Ms: number;
    readonly p90Ms: number;
    readonly peakMb: number;
    readonly runs: number;
  }[];
  readonly conditions: string;
}

/** All that a report shows; what is empty is left out. */
export interface Report {
  readonly title: string;
  readonly version: string;
  readonly studies: readonly StudySubject[];
  readonly models: readonly ReportedModel[];
  readonly diffs: readonly { readonly before: string; readonly after: string; readonly diff: ModelDiff }[];
  readonly latency?: LatencyFigures | undefined;
  readonly scene?: Scene | undefined;
  /** What could not be shown, and why. */
  readonly remarks: readonly string[];
}

/** One page about studies and models; its tables and charts need no script. */
export async function reportPage(report: Report): Promise<string> {
  const { title, version, studies, models, diffs, latency, scene, remarks } = report;
  const many = studies.length > 0;
  const body = [
    '<main class="report">',
    `<h1>${escapeHtml(title)}</h1>`,
    `<p class="faint">${escapeHtml(`topiary ${version}`)}</p>`,
    ...remarks.map((remark) => `<p class="remark">${escapeHtml(remark)}</p>`),
    ...(many
      ? [
          askedAndReached(studies),
          accuracyOverMacs(studies),
          accuracyOverFlops(studies),
          rewardPerEpisode(studies),
          ratioPerLayer(studies),
        ]
      : []),
    models.length > 0 ? costSection(models) : "",
    latency ? latencySection(latency) : "",
    ...studies.map(planSection),
    ...diffs.map(({ before, after, diff }) => diffSection(before, after, diff)),
    ...models
      .slice(0, 1)
      .map(({ label, motifs }) => section(`What ${label} is made of`, preformatted(motifs))),
    many ? reproduce(studies) : "",
    models.length > 0
      ? section("Files", pairs(models.map(({ label, sha256 }) => [label, `SHA-256 ${sha256}`])))
      : "",
    "</main>",
    ...(scene
      ? [
          '<h2 class="report graph-title">Graph</h2><div id="viewer" class="embedded"></div>',
          `<script type="application/json" id="scene">${escapeJson(scene)}</script>`,
        ]
      : []),
  ];
  const script = scene ? await viewerScript() : "";
  return htmlPage({ title, body: body.join("\n"), script, styles: reportStyle });
}
