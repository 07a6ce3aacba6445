// Answers of a broker, field by field, as the protocol guide writes them down. Every struct ends with a tagged field that nobody knows.
import { Writer } from '../../adapters/kafka/writer.ts'

/** One tag: its number, its size, its bytes. */
const UNKNOWN_TAG = Buffer.from([1, 99, 2, 7, 7])

const written = (write: (writer: Writer) => Writer): Buffer => write(Writer.create()).buffer

export const i8 = (value: number): Buffer => written((writer) => writer.appendInt8(value))
export const i16 = (value: number): Buffer => written((writer) => writer.appendInt16(value))
export const i32 = (value: number): Buffer => written((writer) => writer.appendInt32(value))
export const i64 = (value: bigint): Buffer => written((writer) => writer.appendInt64(value))
export const string = (value: string | null): Buffer => written((writer) => writer.appendString(value))
export const bytes = (value: string): Buffer => written((writer) => writer.appendBytes(Buffer.from(value)))
export const uuid = (value: string): Buffer => written((writer) => writer.appendUuid(value))
export const struct = (...fields: readonly Buffer[]): Buffer => Buffer.concat([...fields, UNKNOWN_TAG])
export const items = (...each: readonly Buffer[]): Buffer => Buffer.concat([written((writer) => writer.appendUnsignedVarInt(each.length + 1)), ...each])
/** Of structs. */
export const array = items
