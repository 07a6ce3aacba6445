// Port: what user code runs for at this moment, for those who watch from outside the thread. Never affects what runs.
export interface Witness {
  /** An input is about to be decoded or stepped; a timer has its cause in place of a topic, and the offset -1. */
  running(group: string, partition: number, topic: string, offset: number): void
  /** Nothing of the user runs. */
  resting(): void
}

export const NO_WITNESS: Witness = { running: () => {}, resting: () => {} }
