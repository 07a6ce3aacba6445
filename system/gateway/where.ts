// Where: a filter over the numbers of entities, as people write it: `spent>1000 and visits>=3`.
//
//   where     = condition { " and " condition }
//   condition = name op number          op = "=" | "!=" | "<" | "<=" | ">" | ">="
//   name      = letters, digits, "_", "$", "-", ".", beginning with a letter, "_" or "$": a path in the context, or <feature set>.<feature>
//   number    = as JSON writes it
//
// N1. What does not fit is refused with its place: nothing is guessed.
// N2. A number that an entity does not have fits no condition.

export interface Condition {
  readonly name: string
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly value: number
}

export type Where = { readonly kind: 'ok'; readonly conditions: readonly Condition[] } | { readonly kind: 'unfit'; readonly reason: string }

const CONDITIONS_MAX = 20
const CONDITION = /^ *([A-Za-z_$][\w$.-]{0,127}?) *(!=|<=|>=|=|<|>) *(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?) *$/

export function parseWhere(text: string): Where {
  const parts = text.split(' and ')
  if (parts.length > CONDITIONS_MAX) return { kind: 'unfit', reason: `it has ${parts.length} conditions, at most ${CONDITIONS_MAX} are allowed` }
  const conditions: Condition[] = []
  let at = 0
  for (const part of parts) {
    const [, name, op, number] = CONDITION.exec(part) ?? []
    const value = Number(number)
    if (name === undefined || !Number.isFinite(value)) return { kind: 'unfit', reason: `'${part.slice(0, 80)}' (character ${at + 1}) is no condition: a name, one of = != < <= > >=, and a number, such as spent>1000; several are joined by ' and '` }
    conditions.push({ name, op: op as Condition['op'], value })
    at += part.length + ' and '.length
  }
  return { kind: 'ok', conditions }
}

export function fits(numbers: Readonly<Record<string, number>>, conditions: readonly Condition[]): boolean {
  return conditions.every(({ name, op, value }) => {
    const found = Object.hasOwn(numbers, name) ? numbers[name] : undefined
    return found !== undefined && compares(found, op, value)
  })
}

function compares(found: number, op: Condition['op'], value: number): boolean {
  switch (op) {
    case '=': return found === value
    case '!=': return found !== value
    case '<': return found < value
    case '<=': return found <= value
    case '>': return found > value
    case '>=': return found >= value
  }
}
