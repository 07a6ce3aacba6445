// Stop signals: Ctrl-C, SIGTERM and a terminal that is closed, as two requests: stop in order, then hurry.
//
// A terminal, npm and the launcher may deliver one Ctrl-C twice: what comes within REPEAT_MS is the same request.
const REPEAT_MS = 500
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface StopSignals {
  /** Aborts at the first signal: drain. */
  readonly stop: AbortSignal
  /** Aborts at the second: leave out what can be left out. */
  readonly hurry: AbortSignal
  /** Lets signals have their usual effect again. */
  dispose(): void
}

export function stopSignals(onStop: (isHurry: boolean) => void, now: () => number = () => performance.now()): StopSignals {
  const stop = new AbortController()
  const hurry = new AbortController()
  let firstMs: number | undefined
  const onSignal = (): void => {
    if (firstMs === undefined) {
      firstMs = now()
      stop.abort()
      onStop(false)
    } else if (now() - firstMs >= REPEAT_MS && !hurry.signal.aborted) {
      hurry.abort()
      onStop(true)
    }
  }
  for (const signal of STOPPING) process.on(signal, onSignal)
  return {
    stop: stop.signal,
    hurry: hurry.signal,
    dispose: () => {
      for (const signal of STOPPING) process.off(signal, onSignal)
    },
  }
}
