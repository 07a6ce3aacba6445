// Real GPS tracks, where they are present; else generated ones in the same format. And what the speeds along them are, by plain code.
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { generatedStory } from '../../../scenarios/delivery/generated.ts'

const folder = process.env['STATELOG_DATA'] ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data')

export const REAL_POINTS = 217_653

/** Undefined where the file is not: STATELOG_DATA, or ../shared/data beside the repository. */
export function realTracks(): string | undefined {
  const file = join(folder, 'geolife-sample.csv.gz')
  return existsSync(file) ? file : undefined
}

/** Writes the first `points` real points to `file`, or generated ones. */
export async function firstTracks(file: string, points: number): Promise<{ readonly isReal: boolean }> {
  const real = realTracks()
  if (real === undefined) await writeTracks(file, points)
  else await writeFile(file, `${textOf(real).split('\n').slice(0, points + 1).join('\n')}\n`)
  return { isReal: real !== undefined }
}

/** Writes generated pings as a file of tracks, one point per rider and second. */
export async function writeTracks(file: string, points: number): Promise<void> {
  const rows = new Map<string, string>()
  for await (const some of generatedStory(11, points).moments()) {
    for (const moment of some) {
      if (moment.kind !== 'ping') continue
      const { riderId, time, lat, lng } = moment.ping
      const datetime = new Date(time).toISOString().slice(0, 19).replace('T', ' ')
      rows.set(`${riderId} ${datetime}`, `${lat},${lng},${datetime},${riderId}`)
    }
  }
  await writeFile(file, `lat,lng,datetime,uid\n${[...rows.values()].join('\n')}\n`)
}

function textOf(file: string): string {
  const bytes = readFileSync(file)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
}

const RADIUS_M = 6_371_008.8
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Great-circle distance, written down from the textbook with the runtime's own functions. */
function metres(from: Point, to: Point): number {
  const a = Math.sin(radians(to.lat - from.lat) / 2) ** 2 + Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * Math.sin(radians(to.lng - from.lng) / 2) ** 2
  return 2 * RADIUS_M * Math.atan2(Math.sqrt(a), Math.sqrt(1 - a))
}

interface Point {
  readonly lat: number
  readonly lng: number
  readonly seconds: number
}

/** Rider and number of the point in time (`<rider>/<n>`) -> mean speed along the last ten points, m/s. Shares no code with the product. */
export function speedsOf(file: string): Map<string, number> {
  const tracks = new Map<string, Point[]>()
  for (const line of textOf(file).split('\n').slice(1)) {
    if (line === '') continue
    const [lat = '', lng = '', datetime = '', uid = ''] = line.split(',')
    const track = tracks.get(uid) ?? []
    tracks.set(uid, track)
    track.push({ lat: Number(lat), lng: Number(lng), seconds: Date.parse(`${datetime.replace(' ', 'T')}Z`) / 1000 })
  }
  const speeds = new Map<string, number>()
  for (const [uid, track] of tracks) {
    track.sort((a, b) => a.seconds - b.seconds)
    for (let n = 0; n < track.length; n += 1) {
      const last = track.slice(Math.max(0, n - 9), n + 1)
      let way = 0
      for (let i = 1; i < last.length; i += 1) way += metres(last[i - 1]!, last[i]!)
      const elapsed = last.at(-1)!.seconds - last[0]!.seconds
      speeds.set(`${uid}/${n}`, elapsed === 0 ? 0 : way / elapsed)
    }
  }
  return speeds
}

export interface Compared {
  readonly equal: number
  readonly largestError: number
  /** The first that differ by more than 1e-9 x max(1, |speed|), are missing, or came twice. */
  readonly different: readonly string[]
}

/** Compares `rider.speed` outputs with the plain speeds, one by one. */
export function compareSpeeds(expected: ReadonlyMap<string, number>, outputs: Iterable<{ readonly pingId: string; readonly speed: number }>): Compared {
  const left = new Map(expected)
  const different: string[] = []
  let [equal, largestError] = [0, 0]
  for (const { pingId, speed } of outputs) {
    const plain = left.get(pingId)
    left.delete(pingId)
    const error = plain === undefined ? Infinity : Math.abs(speed - plain) / Math.max(1, Math.abs(plain))
    if (error <= 1e-9) equal += 1
    else if (different.length < 10) different.push(`${pingId}: ${speed}, expected ${plain}`)
    if (plain !== undefined) largestError = Math.max(largestError, error)
  }
  for (const pingId of left.keys()) if (different.length < 10) different.push(`${pingId}: missing`)
  return { equal, largestError, different }
}
