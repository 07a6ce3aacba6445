import { cborCodec } from '../../adapters/cbor/codec.ts'
import { codecContract } from './codec.ts'

codecContract('cbor codec', () => cborCodec)
