// Bounds of models. Above each, a definition is refused.
export const FEATURES_MAX = 10_000
export const TREES_MAX = 10_000
export const TREE_NODES_MAX = 65_536
