// Card fraud, live: `statelog run actors/fraud.system.ts` starts it on the topics 'transactions' and 'labels'.
import { fraudSystem } from './fraud/system.ts'

export default fraudSystem({ order: 'arrival' })
