import type { SparsifiedModel } from "../../rewrite/index.js";
import { countText, percentText } from "./numbers.js";
import { tableText } from "./table.js";

/** What documents say of zeros among weights. */
export function sparsityDocument({ layers, skipped, weights, zeros, sparsity }: SparsifiedModel) {
  return { weights, zeros, sparsity, layers, skipped };
}

/** Layer by layer, and what people expect of zeros wrongly. */
export function sparsityText({ layers, skipped, weights, zeros, sparsity }: SparsifiedModel): string {
  const right = { align: "right" } as const;
  const row = (name: string, all: number, none: number, share: number) => [
    name,
    countText(all),
    countText(none),
    percentText(share),
  ];
  const table = tableText(
    [
      { title: "layer" },
      { title: "weights", ...right },
      { title: "zero", ...right },
      { title: "", ...right },
    ],
    [
      ...layers.map((layer) => row(layer.name, layer.weights, layer.zeros, layer.sparsity)),
      row("together", weights, zeros, sparsity),
    ],
  );
  return [
    table,
    ...skipped.map(({ name, reason }) => `${name} stays as it is: ${reason}`),
    "zeros are stored and multiplied like other numbers: the file and the time of a run do not shrink",
  ].join("\n");
}
