// What one fetch request can ask for. A broker answers one offset of each partition: of a partition that is named twice it answers the last.
//
// R1. In one request every partition is asked for from one offset. Readers of several groups that stand there share the answer; the others go with another request.

export interface Place {
  readonly topic: string
  readonly partition: number
  /** Where it wants to go on. */
  readonly next: number
}

/** The first of the places is always asked for. */
export function oneRequest<P extends Place>(places: readonly P[]): { readonly asked: readonly P[]; readonly left: readonly P[] } {
  const offsets = new Map<string, number>()
  const asked: P[] = []
  const left: P[] = []
  for (const place of places) {
    const name = partName(place)
    const offset = offsets.get(name) ?? place.next
    offsets.set(name, offset)
    if (offset === place.next) asked.push(place)
    else left.push(place)
  }
  return { asked, left }
}

export const partName = ({ topic, partition }: Pick<Place, 'topic' | 'partition'>): string => `${topic}/${partition}`
