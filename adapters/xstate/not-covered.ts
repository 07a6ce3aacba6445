/** Thrown while a machine is read that the compiler does not cover; the message is the reason, in one line. */
export class NotCovered extends TypeError {
  override readonly name = 'NotCovered'
}
