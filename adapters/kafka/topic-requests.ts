// Requests about brokers and topics. Source: the protocol guide, the schema of each request in its version.
import { request } from './request.ts'

/** Null: of every topic there is. */
export const metadataV12 = request('Metadata', 3, 12, (writer, topics: readonly string[] | null, mayCreate: boolean, withRights: boolean) => {
  writer.appendArray(topics, (each, name) => each.appendUuid(null).appendString(name)).appendBoolean(mayCreate).appendBoolean(withRights)
}, (reader, check) => {
  reader.readInt32()
  const brokers = reader.readArray((each) => {
    const broker = { nodeId: each.readInt32(), host: each.readString(), port: each.readInt32() }
    each.readNullableString()
    return broker
  })
  reader.readNullableString()
  reader.readInt32()
  const topics = reader.readArray((topic) => {
    const known = {
      errorCode: check(topic.readInt16()), name: topic.readNullableString(), topicId: topic.readUuid(), isInternal: topic.readBoolean(),
      partitions: topic.readArray((part) => {
        const errorCode = check(part.readInt16())
        const led = { errorCode, partitionIndex: part.readInt32(), leaderId: part.readInt32(), leaderEpoch: part.readInt32(), replicaNodes: part.readItems((each) => each.readInt32()) }
        part.readItems((each) => each.readInt32())
        part.readItems((each) => each.readInt32())
        return led
      }),
    }
    topic.readInt32()
    return known
  })
  return { brokers, topics }
})

export const findCoordinatorV6 = request('FindCoordinator', 10, 6, (writer, keyType: number, keys: readonly string[]) => {
  writer.appendInt8(keyType).appendItems(keys, (each, key) => each.appendString(key))
}, (reader, check) => {
  reader.readInt32()
  return {
    coordinators: reader.readArray((each) => {
      const coordinator = { key: each.readString(), nodeId: each.readInt32(), host: each.readString(), port: each.readInt32() }
      check(each.readInt16(), each.readNullableString())
      return coordinator
    }),
  }
})

export interface NewTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

/** The brokers choose who has which partition. */
export const createTopicsV7 = request('CreateTopics', 19, 7, (writer, topics: readonly NewTopic[], timeoutMs: number, validateOnly: boolean) => {
  writer.appendArray(topics, (topic, { name, numPartitions, replicationFactor, configs }) => topic.appendString(name).appendInt32(numPartitions).appendInt16(replicationFactor).appendItems([], () => undefined)
    .appendArray(configs, (config, { name: setting, value }) => config.appendString(setting).appendString(value)))
    .appendInt32(timeoutMs).appendBoolean(validateOnly)
}, (reader, check) => {
  reader.readInt32()
  return {
    topics: reader.readArray((topic) => {
      const made = { name: topic.readString(), topicId: topic.readUuid(), errorCode: check(topic.readInt16(), topic.readNullableString()) }
      topic.skip(4 + 2)
      topic.readArray((config) => {
        config.readString()
        config.readNullableString()
        config.skip(3)
      })
      return made
    }),
  }
})

export interface DescribedResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: readonly string[]
}

export const describeConfigsV4 = request('DescribeConfigs', 32, 4, (writer, resources: readonly DescribedResource[], withSynonyms: boolean, withDocumentation: boolean) => {
  writer.appendArray(resources, (resource, { resourceType, resourceName, configurationKeys }) => resource.appendInt8(resourceType).appendString(resourceName).appendItems(configurationKeys, (each, key) => each.appendString(key)))
    .appendBoolean(withSynonyms).appendBoolean(withDocumentation)
}, (reader, check) => {
  reader.readInt32()
  return {
    results: reader.readArray((result) => {
      const errorCode = check(result.readInt16(), result.readNullableString())
      result.readInt8()
      return {
        errorCode, resourceName: result.readString(),
        configs: result.readArray((config) => {
          const found = { name: config.readString(), value: config.readNullableString() }
          config.skip(3)
          config.readArray((synonym) => {
            synonym.readString()
            synonym.readNullableString()
            synonym.readInt8()
          })
          config.readInt8()
          config.readNullableString()
          return found
        }),
      }
    }),
  }
})
