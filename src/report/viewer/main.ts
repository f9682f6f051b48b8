import type { Scene } from "../scene.js";
import { Page } from "./page.js";

declare global {
  interface Window {
    /** The page, for scripts that drive it. */
    topiary?: Page;
  }
}

const data = document.getElementById("scene")?.textContent ?? "null";
const root = document.getElementById("viewer");
if (root) {
  window.topiary = new Page(JSON.parse(data) as Scene, root);
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      performance.mark("topiary-painted");
      root.dataset.ready = "";
    }),
  );
}
