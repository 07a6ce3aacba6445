// Flat: a context between turns, as two lists of leaves that live as long as their entity.
//
// A context that each event makes anew and that lives until its entity's next one is what a generational collector is worst at: it is copied twice, then
// collected with all the rest. Laid flat it is written over the one before, and made again when its entity is stepped.
//
// Owns: the shapes of one machine's contexts, and what was last laid while it is not taken.
//
// F1. What is read is deeply equal to what was laid, the order of keys included. Objects and lists are others, of which nobody else knows.
//     A context in which one object stands twice is not laid: whether it does would be lost.
// F2. Only small contexts are laid (FLAT_NUMBERS_MAX, FLAT_OTHERS_MAX), and only as long as most of them have a shape that was met before: at most SHAPES_MAX.
// F3. What cannot be read (a field that throws, a list that holds itself) is not laid, and throws nothing: whoever stores it says what is wrong.
import { FLAT_NUMBERS_MAX, FLAT_OTHERS_MAX, SHAPES_MAX } from '../protocol/limits.ts'

/** What a context is made of but for its leaves: two with the same shape differ in nothing but leaves and the lengths of lists. */
export interface Shape {
  /** The same for the same shapes. */
  readonly name: string
  /** Adds the leaves of a value to the tray. False: it has another shape, or too many. */
  lay(value: unknown, tray: Tray): boolean
  /** The value whose leaves come next. */
  read(leaves: Leaves): unknown
}

export interface Flat {
  shape: Shape
  numbers: number[]
  others: readonly unknown[]
}

export const NO_NUMBERS: number[] = Object.freeze([]) as unknown as number[]
export const NO_OTHERS: readonly unknown[] = Object.freeze([])

/** Each is compared with all others. */
const NODES_MAX = 64

class Tray {
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

class Leaves {
  numbers: readonly number[] = []
  others: readonly unknown[] = NO_OTHERS
  numberAt = 0
  otherAt = 0

  begin({ numbers, others }: Flat): void {
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
function shapeOf(value: unknown, room: { left: number }): Shape | undefined {
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

/** Characters: names of fields may be long. */
const NAME_MAX = 4096

/** After so many contexts it is seen whether most of them had the shape of one before. */
const LOOKED_AT = 256
const STRANGE_MAX = 32
/** Contexts that are not tried then. */
const REST = 16 * LOOKED_AT

export class Flats {
  readonly #shapes = new Map<string, Shape>()
  readonly #tray = new Tray()
  readonly #leaves = new Leaves()
  #last: Shape = OTHER
  #looked = 0
  #strange = 0

  /** Lays a context out, for `take`; its shape is likely this one. Undefined: not this one. */
  lay(context: unknown, likely: Shape = this.#last): Shape | undefined {
    if (this.#looked < 0) {
      this.#looked += 1
      return undefined
    }
    let shape: Shape | undefined
    try {
      shape = this.#laid(context, likely)
    } catch {
      // F3.
    }
    if (this.#looked === LOOKED_AT) this.#judge()
    if (shape !== undefined) this.#last = shape
    return shape
  }

  /** What was laid last replaces what `flat` held. What was read from that stays as it is. */
  take(flat: Flat, shape: Shape): void {
    flat.shape = shape
    flat.numbers = this.#numbers(flat.numbers)
    flat.others = this.#others(flat.others)
  }

  read(flat: Flat): unknown {
    this.#leaves.begin(flat)
    return flat.shape.read(this.#leaves)
  }

  /** The shape in which the context lies on the tray. */
  #laid(context: unknown, likely: Shape): Shape | undefined {
    this.#looked += 1
    if (this.#fits(context, likely)) return likely
    if (likely !== this.#last && this.#fits(context, this.#last)) return this.#last
    this.#strange += 1
    const shape = this.#met(shapeOf(context, { left: FLAT_NUMBERS_MAX }))
    return shape !== undefined && this.#fits(context, shape) ? shape : undefined
  }

  #fits(context: unknown, shape: Shape): boolean {
    this.#tray.begin()
    return shape.lay(context, this.#tray)
  }

  #met(shape: Shape | undefined): Shape | undefined {
    if (shape === undefined || shape.name.length > NAME_MAX) return undefined
    const known = this.#shapes.get(shape.name)
    if (known !== undefined) return known
    if (this.#shapes.size >= SHAPES_MAX) return undefined
    this.#shapes.set(shape.name, shape)
    return shape
  }

  #judge(): void {
    this.#looked = this.#strange > STRANGE_MAX ? -REST : 0
    this.#strange = 0
  }

  /** Written over where as many are there: they have lived long. */
  #numbers(old: number[]): number[] {
    const { numbers, numberCount } = this.#tray
    if (old.length !== numberCount) return numbers.slice(0, numberCount)
    for (let at = 0; at < numberCount; at += 1) old[at] = numbers[at] as number
    return old
  }

  #others(old: readonly unknown[]): readonly unknown[] {
    const { others } = this.#tray
    if (others.length === 0) return NO_OTHERS
    if (old.length !== others.length) return others.slice()
    const list = old as unknown[]
    for (let at = 0; at < others.length; at += 1) if (list[at] !== others[at]) list[at] = others[at]
    return old
  }
}
