import { isIdentifier, isTypeWord } from "./words.js";

/** Characters of a string that are shown where not everything is printed. */
const LONGEST_SHOWN = 120;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text in quotes; in it only the quote and the backslash are escaped. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A name as it stands where no type can: quoted unless it is an identifier. */
export function nameText(name: string): string {
  return isIdentifier(name) ? name : quoted(name);
}

/** A value's name; quoted as well where it would be read as the start of a type. */
export function valueText(name: string): string {
  return isTypeWord(name) ? quoted(name) : nameText(name);
}

/** A string's bytes: in quotes where they are UTF-8, otherwise in our x"hex". */
export function stringText(bytes: Uint8Array): string {
  const text = utf8(bytes);
  return text === undefined ? `x"${Buffer.from(bytes).toString("hex")}"` : quoted(text);
}

/** A string's bytes in one line, cut where they are many; for people. */
export function shortStringText(bytes: Uint8Array): string {
  const text = stringText(bytes).replaceAll("\n", "\\n");
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN).replace(/\\+$/, "")}..."`;
}

/** The text that bytes hold; undefined where they are not UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** `domain.Op:overload`; parts that are no identifiers in quotes, which only topiary reads. */
export function operatorText(
  domain: string | undefined,
  opType: string,
  overload: string | undefined,
): string {
  const parts = domain?.split(".") ?? [];
  const prefix = parts.every(isIdentifier) ? parts.join(".") : quoted(domain ?? "");
  return `${domain ? `${prefix}.` : ""}${nameText(opType)}${overload ? `:${nameText(overload)}` : ""}`;
}
