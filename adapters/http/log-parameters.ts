// Parameters of what is read from the log: how much of it, of which kind, and from where on.
import type { HistoryPlace } from '../../system/inspect/history.ts'
import type { LettersPlace } from '../../system/inspect/letters.ts'
import { FAILURE_CLASSES } from '../../system/protocol/failures.ts'
import type { FailureClass } from '../../system/protocol/failures.ts'
import { isTopicName } from '../../system/protocol/ids.ts'
import type { Parameter } from './parameters.ts'

const HISTORY_PLACE = /^([0-9]{1,15})\.([0-9]{1,15})$/
const LETTERS_PLACE = /^[A-Za-z0-9._-]{1,200}\/[0-9]{1,6}:[0-9]{1,15}(,[A-Za-z0-9._-]{1,200}\/[0-9]{1,6}:[0-9]{1,15})*$/

export function limit(defaultCount: number, countMax: number): Parameter<number> {
  return {
    in: 'query', name: 'limit', description: 'At most so many.', isRequired: false,
    schema: { type: 'integer', minimum: 1, maximum: countMax, default: defaultCount },
    read: (text = String(defaultCount)) => (/^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= countMax ? { value: Number(text) } : undefined),
  }
}

export const BEFORE_STEP: Parameter<HistoryPlace | undefined> = {
  in: 'query', name: 'before', description: 'Only what came before this place: seq.n, `next` of the page before.', isRequired: false,
  schema: { type: 'string', pattern: HISTORY_PLACE.source },
  read: (text) => {
    if (text === undefined) return { value: undefined }
    const [, seq, n] = HISTORY_PLACE.exec(text) ?? []
    return seq === undefined ? undefined : { value: { seq: Number(seq), n: Number(n) } }
  },
}

export const DECIDED: Parameter<boolean> = {
  in: 'query', name: 'decided', description: 'Whether to tell only of events that a model decided about.', isRequired: false,
  schema: { enum: ['true', 'false'], default: 'false' },
  read: (text = 'false') => (text === 'true' || text === 'false' ? { value: text === 'true' } : undefined),
}

export const stepPlace = ({ seq, n }: HistoryPlace): string => `${seq}.${n}`

export const BEFORE_LETTERS: Parameter<LettersPlace | undefined> = {
  in: 'query', name: 'before', description: 'Goes on where a page ended: its `next`.', isRequired: false,
  schema: { type: 'string', pattern: LETTERS_PLACE.source },
  read: (text) => {
    if (text === undefined) return { value: undefined }
    if (!LETTERS_PLACE.test(text)) return undefined
    return { value: new Map(text.split(',').map((one) => [one.slice(0, one.indexOf(':')), Number(one.slice(one.indexOf(':') + 1))])) }
  },
}

export const lettersPlace = (place: LettersPlace): string => [...place].map(([name, end]) => `${name}:${end}`).join(',')

export const LETTER_TYPE: Parameter<string | undefined> = {
  in: 'query', name: 'type', description: 'Only what this actor type refused.', isRequired: false,
  schema: { type: 'string', minLength: 1, maxLength: 63 },
  read: (text) => (text === '' ? undefined : { value: text }),
}

export const LETTER_CLASS: Parameter<FailureClass | undefined> = {
  in: 'query', name: 'class', description: 'Only of this failure class.', isRequired: false,
  schema: { type: 'string', enum: FAILURE_CLASSES },
  read: (text) => {
    const known = FAILURE_CLASSES.find((one) => one === text)
    return text === undefined || known !== undefined ? { value: known } : undefined
  },
}

export const TOPIC: Parameter<string> = {
  in: 'path', name: 'topic', description: 'Topic of the dead letter, as GET /v1/dead-letters lists it.', isRequired: true,
  schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,200}$' },
  read: (text = '') => (isTopicName(text) ? { value: text } : undefined),
}

function index(name: string, description: string, digitsMax: number): Parameter<number> {
  return {
    in: 'path', name, description, isRequired: true,
    schema: { type: 'integer', minimum: 0, maximum: 10 ** digitsMax - 1 },
    read: (text = '') => (/^\d+$/.test(text) && text.length <= digitsMax ? { value: Number(text) } : undefined),
  }
}

export const PARTITION = index('partition', 'Partition of the dead letter.', 6)
export const OFFSET = index('offset', 'Offset of the dead letter.', 15)
