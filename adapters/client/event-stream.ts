// Event stream: server-sent events out of the pieces in which they come.

export interface StreamEvent {
  readonly event: string
  readonly data: string
}

/** Of one event, characters. Over: the stream is given up. */
const EVENT_LENGTH_MAX = 16 << 20

export class TooLarge extends RangeError {
  override readonly name = 'TooLarge'
}

/** Takes text piece by piece. Comments and events without data are passed over. */
export class EventStreamParser {
  #rest = ''
  #event = ''
  #data: string[] = []
  #length = 0

  /** Throws TooLarge. */
  take(text: string): readonly StreamEvent[] {
    const events: StreamEvent[] = []
    // The end of a line may be cut in two.
    const lines = `${this.#rest}${text}`.split(/\r\n|\n|\r(?=.)/s)
    this.#rest = lines.pop() ?? ''
    this.#length += text.length
    if (this.#length > EVENT_LENGTH_MAX) throw new TooLarge(`an event of more than ${EVENT_LENGTH_MAX} characters`)
    for (const line of lines) {
      if (line !== '') this.#field(line)
      else {
        if (this.#data.length > 0) events.push({ event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n') })
        this.#event = ''
        this.#data = []
        this.#length = 0
      }
    }
    return events
  }

  #field(line: string): void {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
  }
}
