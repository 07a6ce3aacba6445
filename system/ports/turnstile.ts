// Port: who may step at this moment in this process. Drivers: one thread, several threads.
//
// N1. While somebody is in alone, nobody else is in: a process that dies then died of what that one stepped.
// N2. Who waits to be alone gets in before those who come after.
// N3. A thread that ends leaves nothing locked.
export interface Turnstile {
  /** A batch begins. Undefined: at once; else resolves when nobody is in alone. */
  enter(): Promise<void> | undefined
  leave(): void
  /** Resolves when nobody else is in. */
  enterAlone(): Promise<void>
  leaveAlone(): void
}
