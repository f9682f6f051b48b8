/** Choices between several exact treatments, and what may be recomputed. Every field has a default. */
export interface ChannelRules {
  /**
   * What goes from an attention: whole heads, or dimensions inside heads. Queries and keys then keep the same offsets in
   * a head, values and the layer that reads them likewise; every head keeps equally many.
   */
  readonly attention: "heads" | "dims";
  /**
   * What goes from a grouped convolution: channels (equally many from every group), or whole groups with all their
   * inputs and outputs. Unless said otherwise channels, and whole groups where each has one input (depthwise).
   */
  readonly grouped: "auto" | "channels" | "groups";
  /**
   * Statistics over channels that may be taken over what is left: those of layer normalisations, those of every
   * operator. What is computed then is no longer the original with channels silenced.
   */
  readonly approximate: "none" | "layer-norm" | "all";
}

export const defaultRules: ChannelRules = { attention: "heads", grouped: "auto", approximate: "none" };

/** Rules with their defaults, out of options that hold more. */
export function rulesOf({ attention, grouped, approximate }: Partial<ChannelRules>): ChannelRules {
  return {
    attention: attention ?? defaultRules.attention,
    grouped: grouped ?? defaultRules.grouped,
    approximate: approximate ?? defaultRules.approximate,
  };
}

/** What a plan has to say about the rules that it was made by. */
export function unlessDefault(rules: ChannelRules): { readonly rules?: Partial<ChannelRules> } {
  const { attention, grouped, approximate } = rules;
  const own: Partial<ChannelRules> = {
    ...(attention !== defaultRules.attention && { attention }),
    ...(grouped !== defaultRules.grouped && { grouped }),
    ...(approximate !== defaultRules.approximate && { approximate }),
  };
  return Object.keys(own).length > 0 ? { rules: own } : {};
}
