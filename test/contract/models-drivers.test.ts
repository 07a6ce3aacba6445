import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import { logModelStore } from '../../adapters/memory/log-models.ts'
import { memoryModels } from '../../adapters/memory/models.ts'
import { modelsContract } from './models.ts'

modelsContract('memory models', async () => ({ models: memoryModels(), close: async () => {} }))

for (const keyed of [true, false]) {
  modelsContract(`models on a log ${keyed ? 'with' : 'without'} keyed reads`, async () => {
    const log = memoryLog({ keyed })
    await log.ensureTopics([{ name: 'app.models', partitions: 1, cleanup: 'compact' }])
    return { models: logModelStore(log, 'app.models', wallClock), close: () => log.close() }
  })
}
