// Completion: what happens when final states are entered: done events to the machine itself, and the output of the machine.
import type { MachineEvent } from '../protocol/data.ts'
import type { Action } from './actions.ts'
import type { Moment } from './moment.ts'
import type { Node } from './nodes.ts'

/** Raises the event that the node called `id` is done. */
export function doneEvent(id: string, output: unknown, self: object): Action {
  const type = `xstate.done.state.${id}`
  return (moment) => moment.raise({ type, output: outputOf(output, moment, moment.event, self) })
}

/** Ends the machine. `last` is the outermost node whose end it is. */
export function completing(last: Node, root: Node, self: object): Action {
  const type = `xstate.done.state.${last.id}`
  const inner = last.parent === undefined ? undefined : last.output
  return (moment) => {
    moment.status = 'done'
    if (root.output === undefined) return
    moment.output = outputOf(root.output, moment, { type, output: outputOf(inner, moment, moment.event, self) }, self)
  }
}

function outputOf(written: unknown, { context }: Moment, event: MachineEvent, self: object): unknown {
  return typeof written === 'function' ? (written({ context, event, self }) as unknown) : written
}
