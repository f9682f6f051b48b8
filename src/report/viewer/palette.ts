const NAMES = [
  "page",
  "card",
  "inner",
  "ink",
  "faint",
  "line",
  "accent",
  "added",
  "removed",
  "changed",
  "added-fill",
  "removed-fill",
  "changed-fill",
  "convolution",
  "linear",
  "normalization",
  "activation",
  "pooling",
  "elementwise",
  "concat",
  "movement",
  "reduction",
  "attention",
  "recurrent",
  "shape",
  "other",
  "motif",
  "port",
] as const;

export type ColourName = (typeof NAMES)[number];
export type Palette = Readonly<Record<ColourName, string>>;

/** The style sheet's colours as they are now, in light or dark. */
export function readPalette(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}

export function colourOfKind(palette: Palette, kind: string): string {
  return NAMES.includes(kind as ColourName) ? palette[kind as ColourName] : palette.other;
}
