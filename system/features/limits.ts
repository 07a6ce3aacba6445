// Bounds of feature sets, with their units. The answer to "full" stands beside each.

/** Samples that one event kind keeps per entity, unless the set says otherwise. Full: the oldest leaves early and `truncated` counts it. */
export const SAMPLES_MAX = 10_000
/** The n of last-n and the points of a track. Above: refused when the set is defined. */
export const LAST_SAMPLES_MAX = 1000
/** Features of one set. Above: refused when the set is defined. */
export const FEATURES_MAX = 1000
/** Distinct windows of one event kind. Above: refused when the set is defined. */
export const WINDOWS_MAX = 64
