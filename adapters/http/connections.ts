// Connections: how many one caller has open, so that it cannot take all there are. Bun tells of a connection with its first request; those without one end after `headersMsMax`.
import type { Socket } from 'node:net'
import { callerOf } from './address.ts'

export class Connections {
  readonly #max: number
  readonly #open = new Map<string, number>()

  /** Of one caller. */
  constructor(max: number) {
    this.#max = max
  }

  /** Closes it at once where its caller has enough of them. */
  take(socket: Pick<Socket, 'remoteAddress' | 'once' | 'destroy'>): void {
    const caller = callerOf(socket.remoteAddress)
    const open = this.#open.get(caller) ?? 0
    if (open >= this.#max) return void socket.destroy()
    this.#open.set(caller, open + 1)
    socket.once('close', () => this.#left(caller))
  }

  #left(caller: string): void {
    const left = (this.#open.get(caller) ?? 0) - 1
    if (left > 0) this.#open.set(caller, left)
    else this.#open.delete(caller)
  }
}
