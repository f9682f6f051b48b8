interface Parts {
  readonly text?: string;
  readonly class?: string;
  readonly title?: string;
  readonly label?: string;
  readonly onClick?: () => void;
}

/** An element; whatever text comes from a model goes through here and stays text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parts: Parts = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (parts.text !== undefined) made.textContent = parts.text;
  if (parts.class !== undefined) made.className = parts.class;
  if (parts.title !== undefined) made.title = parts.title;
  if (parts.label !== undefined) made.setAttribute("aria-label", parts.label);
  if (parts.onClick) made.addEventListener("click", parts.onClick);
  made.append(...children);
  return made;
}

export function button(text: string, title: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { text, title, onClick });
  made.type = "button";
  return made;
}
