// Shapes: what a context is made of but for its leaves, and how leaves are laid out and read by it.
import { FLAT_NUMBERS_MAX, FLAT_OTHERS_MAX } from '../protocol/limits.ts'

/** What a context is made of but for its leaves: two with the same shape differ in nothing but leaves and the lengths of lists. */
export interface Shape {
  /** The same for the same shapes. */
  readonly name: string
  /** Adds the leaves of a value to the tray. False: it has another shape, or too many. */
  lay(value: unknown, tray: Tray): boolean
  /** The value whose leaves come next. */
  read(leaves: Leaves): unknown
}

/** Each is compared with all others. */
const NODES_MAX = 64

/** Where leaves are laid out. */
export class Tray {
  /** Doubles as they are, and so are lists that are cut from it. */
  readonly numbers: number[] = Array.from({ length: FLAT_NUMBERS_MAX }, (_, at) => at + 0.5)
  readonly others: unknown[] = []
  /** The objects and lists themselves. */
  readonly #nodes: object[] = []
  numberCount = 0

  begin(): void {
    this.numberCount = 0
    this.others.length = 0
    this.#nodes.length = 0
  }

  /** False: it was met before, or there are too many. */
  node(value: object): boolean {
    return !this.#nodes.includes(value) && this.#nodes.push(value) <= NODES_MAX
  }

  number(value: number): boolean {
    if (this.numberCount === FLAT_NUMBERS_MAX) return false
    this.numbers[this.numberCount] = value
    this.numberCount += 1
    return true
  }

  other(value: unknown): boolean {
    return this.others.push(value) <= FLAT_OTHERS_MAX
  }
}

/** Leaves that are read, one after the other. */
export class Leaves {
  numbers: readonly number[] = []
  others: readonly unknown[] = []
  numberAt = 0
  otherAt = 0

  begin({ numbers, others }: Pick<Leaves, 'numbers' | 'others'>): void {
    this.numbers = numbers
    this.others = others
    this.numberAt = 0
    this.otherAt = 0
  }
}

const NUMBER: Shape = {
  name: 'n',
  lay: (value, tray) => typeof value === 'number' && tray.number(value),
  read: (leaves) => leaves.numbers[leaves.numberAt++],
}

export const OTHER: Shape = {
  name: 'o',
  lay: (value, tray) => isOther(value) && tray.other(value),
  read: (leaves) => leaves.others[leaves.otherAt++],
}

/** Kept as it is: nobody changes bytes and dates of a context. */
const isOther = (value: unknown): boolean => (typeof value === 'object' ? value === null || value instanceof Uint8Array || value instanceof Date : typeof value !== 'number')

/** A list of numbers: its length, then they. */
const NUMBERS: Shape = {
  name: '[n]',
  lay: (value, tray) => {
    if (!Array.isArray(value) || !tray.node(value)) return false
    const list = value as readonly unknown[]
    const { length } = list
    const from = tray.numberCount + 1
    if (from + length > FLAT_NUMBERS_MAX) return false
    const { numbers } = tray
    numbers[from - 1] = length
    for (let at = 0; at < length; at += 1) {
      // By index, whatever that makes of the list (`context.ts`): its context is over. A hole is no number.
      const inner = list[at]
      if (typeof inner !== 'number') return false
      numbers[from + at] = inner
    }
    tray.numberCount = from + length
    return true
  },
  read: (leaves) => {
    const from = leaves.numberAt + 1
    leaves.numberAt = from + (leaves.numbers[from - 1] as number)
    return leaves.numbers.slice(from, leaves.numberAt)
  },
}

/** A list of values of one shape. */
class ListShape implements Shape {
  readonly name: string
  readonly #item: Shape

  constructor(item: Shape) {
    this.name = `[${item.name}]`
    this.#item = item
  }

  lay(value: unknown, tray: Tray): boolean {
    if (!Array.isArray(value) || value.length > NODES_MAX + FLAT_OTHERS_MAX || !tray.node(value) || !tray.number(value.length)) return false
    for (let at = 0; at < value.length; at += 1) {
      const inner: unknown = value[at]
      // A hole looks the same.
      if (inner === undefined || !this.#item.lay(inner, tray)) return false
    }
    return true
  }

  read(leaves: Leaves): unknown {
    const list: unknown[] = []
    for (let left = NUMBER.read(leaves) as number; left > 0; left -= 1) list.push(this.#item.read(leaves))
    return list
  }
}

class ObjectShape implements Shape {
  readonly name: string
  readonly #keys: readonly string[]
  readonly #fields: readonly Shape[]
  /** A copy of it has its keys in order, in the hidden class that the machine's own contexts have. */
  readonly #pattern: Readonly<Record<string, unknown>>

  constructor(keys: readonly string[], fields: readonly Shape[], sample: Readonly<Record<string, unknown>>) {
    this.name = `{${keys.map((key, at) => `${JSON.stringify(key)}:${fields[at]?.name ?? ''}`).join()}}`
    this.#keys = keys
    this.#fields = fields
    const pattern: Record<string, unknown> = { ...sample }
    // Texts may be long.
    for (const key of keys) if (typeof pattern[key] !== 'number') pattern[key] = undefined
    this.#pattern = pattern
  }

  lay(value: unknown, tray: Tray): boolean {
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype || !tray.node(value)) return false
    let at = 0
    // Nothing is made for that, as a list of the keys would be; what it inherits has no place in a shape.
    for (const key in value) {
      if (key !== this.#keys[at] || !(this.#fields[at] as Shape).lay((value as Readonly<Record<string, unknown>>)[key], tray)) return false
      at += 1
    }
    return at === this.#keys.length
  }

  read(leaves: Leaves): unknown {
    const made: Record<string, unknown> = { ...this.#pattern }
    for (let at = 0; at < this.#keys.length; at += 1) made[this.#keys[at] as string] = (this.#fields[at] as Shape).read(leaves)
    return made
  }
}

/** Undefined: it cannot be laid. Lists of different values can not. `room`: for objects and fields. */
export function shapeOf(value: unknown, room: { left: number }): Shape | undefined {
  if (typeof value === 'number') return NUMBER
  if (isOther(value)) return OTHER
  if (Array.isArray(value)) return shapeOfList(value, room)
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
  const sample = value as Readonly<Record<string, unknown>>
  const keys = Object.keys(sample)
  room.left -= keys.length + 1
  if (room.left < 0 || keys.includes('__proto__')) return undefined
  const fields: Shape[] = []
  for (const key of keys) {
    const field = shapeOf(sample[key], room)
    if (field === undefined) return undefined
    fields.push(field)
  }
  return new ObjectShape(keys, fields, sample)
}

function shapeOfList([first]: readonly unknown[], room: { left: number }): Shape | undefined {
  room.left -= 1
  if (room.left < 0) return undefined
  if (first === undefined || typeof first === 'number') return NUMBERS
  const item = shapeOf(first, room)
  return item === undefined ? undefined : new ListShape(item)
}
