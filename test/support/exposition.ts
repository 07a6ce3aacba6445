// Reads Prometheus' text format 0.0.4 by its grammar, and throws at whatever does not keep to it.

export interface ReadSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ReadFamily {
  readonly name: string
  readonly kind: string
  readonly help: string
  readonly samples: ReadSample[]
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

export function readExposition(text: string): readonly ReadFamily[] {
  if (!text.endsWith('\n')) throw new TypeError('the last line does not end')
  const families: ReadFamily[] = []
  const seen = new Set<string>()
  let help: readonly [name: string, text: string] | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const [, helpName, helpText = ''] = HELP.exec(line) ?? []
    const [, typeName, kind = ''] = TYPE.exec(line) ?? []
    if (helpName !== undefined) help = [helpName, unescaped(helpText)]
    else if (typeName !== undefined) {
      if (families.some(({ name }) => name === typeName) || help?.[0] !== typeName) throw new TypeError(`${typeName}: twice, or without help`)
      families.push({ name: typeName, kind, help: help[1], samples: [] })
    } else {
      const sample = sampleOf(line)
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (seen.has(key)) throw new TypeError(`twice: ${line}`)
      seen.add(key)
      const family = families.at(-1)
      if (family === undefined || !belongs(family, sample.name)) throw new TypeError(`of no family: ${line}`)
      family.samples.push(sample)
    }
  }
  for (const family of families) if (family.kind === 'histogram') assertHistogram(family)
  return families
}

function sampleOf(line: string): ReadSample {
  const [, name, labels = '', value = ''] = SAMPLE.exec(line) ?? []
  if (name === undefined) throw new TypeError(`no sample: ${line}`)
  const found: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let match = LABEL.exec(labels); match !== null; match = LABEL.exec(labels)) {
    const [, label = '', text = ''] = match
    if (Object.hasOwn(found, label)) throw new TypeError(`label ${label} twice: ${line}`)
    found[label] = unescaped(text)
  }
  return { name, labels: found, value: value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value) }
}

const unescaped = (text: string): string => text.replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one))

function belongs({ name, kind }: ReadFamily, sample: string): boolean {
  return kind === 'histogram' ? ['_bucket', '_sum', '_count'].some((suffix) => sample === `${name}${suffix}`) : sample === name
}

/** Buckets grow, the last is infinite and is the count. */
function assertHistogram({ name, samples }: ReadFamily): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest))
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])))
    const grows = (list: readonly number[]): boolean => list.every((value, at) => at === 0 || value >= (list[at - 1] ?? 0))
    const count = group.find((sample) => sample.name === `${name}_count`)?.value
    if (!grows(bounds) || !grows(buckets.map(({ value }) => value)) || bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== count) throw new TypeError(`${name} is no histogram`)
  }
}
