import { escapeJson, htmlPage } from "./html.js";
import type { Scene } from "./scene.js";
import { viewerScript } from "./script.js";

/** A page that shows one model's graph, or two side by side. */
export async function viewerPage(scene: Scene): Promise<string> {
  const title = scene.views.map(({ label }) => label).join(" and ");
  const body = [
    '<main id="viewer"></main>',
    "<noscript>This page draws the graph with a script; allow it to run.</noscript>",
    `<script type="application/json" id="scene">${escapeJson(scene)}</script>`,
  ].join("\n");
  return htmlPage({ title, body, script: await viewerScript() });
}
