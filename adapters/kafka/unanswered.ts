// A request that no broker answered: it could not be reached, did not answer in time, or did not let us in.

export type UnansweredKind = 'NETWORK' | 'TIMEOUT' | 'AUTHENTICATION'

export class Unanswered extends TypeError {
  override readonly name = 'Unanswered'
  readonly kind: UnansweredKind
  constructor(kind: UnansweredKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.kind = kind
  }
}
