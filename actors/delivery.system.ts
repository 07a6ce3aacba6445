// Deliveries, live: `statelog run actors/delivery.system.ts` starts them on the topics 'pings' and 'orders'.
import { deliverySystem } from './delivery/system.ts'

export default deliverySystem({ order: 'arrival', idleAfter: 5000 })
