// Requests about consumer groups. Source: the protocol guide, the schema of each request in its version.
import { errorAlone, request } from './request.ts'

export interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly reason: string
}

export const joinGroupV9 = request('JoinGroup', 11, 9, (writer, groupId: string, sessionMs: number, rebalanceMs: number, memberId: string, groupInstanceId: string | null, protocolType: string, protocols: readonly { readonly name: string; readonly metadata: Buffer }[], reason: string) => {
  writer.appendString(groupId).appendInt32(sessionMs).appendInt32(rebalanceMs).appendString(memberId).appendString(groupInstanceId).appendString(protocolType)
    .appendArray(protocols, (each, { name, metadata }) => each.appendString(name).appendBytes(metadata))
    .appendString(reason)
}, (reader, check) => {
  errorAlone(reader, check)
  const generationId = reader.readInt32()
  reader.readNullableString()
  reader.readNullableString()
  return {
    generationId, leader: reader.readString(), skipAssignment: reader.readBoolean(), memberId: reader.readString(),
    members: reader.readArray((each) => ({ memberId: each.readString(), groupInstanceId: each.readNullableString(), metadata: each.readBytes() })),
  }
})

export const syncGroupV5 = request('SyncGroup', 14, 5, (writer, groupId: string, generationId: number, memberId: string, groupInstanceId: string | null, protocolType: string, protocolName: string, assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]) => {
  writer.appendString(groupId).appendInt32(generationId).appendString(memberId).appendString(groupInstanceId).appendString(protocolType).appendString(protocolName)
    .appendArray(assignments, (each, { memberId: member, assignment }) => each.appendString(member).appendBytes(assignment))
}, (reader, check) => {
  errorAlone(reader, check)
  reader.readNullableString()
  reader.readNullableString()
  return { assignment: reader.readBytes() }
})

export const heartbeatV4 = request('Heartbeat', 12, 4, (writer, groupId: string, generationId: number, memberId: string, groupInstanceId: string | null) => {
  writer.appendString(groupId).appendInt32(generationId).appendString(memberId).appendString(groupInstanceId)
}, errorAlone)

export const leaveGroupV5 = request('LeaveGroup', 13, 5, (writer, groupId: string, members: readonly LeavingMember[]) => {
  writer.appendString(groupId).appendArray(members, (each, { memberId, groupInstanceId, reason }) => each.appendString(memberId).appendString(groupInstanceId).appendString(reason))
}, (reader, check) => {
  errorAlone(reader, check)
  reader.readArray((each) => {
    each.readString()
    each.readNullableString()
    return check(each.readInt16())
  })
})

export interface FetchedGroup {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[]
}

export const offsetFetchV9 = request('OffsetFetch', 9, 9, (writer, groups: readonly FetchedGroup[], requireStable: boolean) => {
  writer.appendArray(groups, (group, { groupId, memberId, memberEpoch, topics }) => group.appendString(groupId).appendString(memberId).appendInt32(memberEpoch)
    .appendArray(topics, (topic, { name, partitionIndexes }) => topic.appendString(name).appendItems(partitionIndexes, (index, value) => index.appendInt32(value))))
    .appendBoolean(requireStable)
}, (reader, check) => {
  reader.readInt32()
  return {
    groups: reader.readArray((group) => {
      const groupId = group.readString()
      const topics = group.readArray((topic) => ({
        name: topic.readString(),
        partitions: topic.readArray((part) => {
          const partitionIndex = part.readInt32()
          const committedOffset = part.readInt64()
          part.readInt32()
          const metadata = part.readNullableString()
          check(part.readInt16())
          return { partitionIndex, committedOffset, metadata }
        }),
      }))
      check(group.readInt16())
      return { groupId, topics }
    }),
  }
})
