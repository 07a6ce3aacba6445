// FeatureError: a fold that cannot be computed. The record that caused it is of failure class `feature`.

/** Thrown by `fold` and `vector`; the message names the set, the field and the reason. States given to `fold` stay usable. */
export class FeatureError extends TypeError {
  override readonly name = 'FeatureError'
  readonly class = 'feature'
}
