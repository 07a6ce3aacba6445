import { memoryCache } from '../../adapters/memory/cache.ts'
import { cacheContract } from './cache.ts'

cacheContract('memory cache', async () => memoryCache())
