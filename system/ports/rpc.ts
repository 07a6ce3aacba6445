// Port: request and reply between callers and the owners of partitions. Drivers: in-process; NATS.
//
// C1. A call reaches at most one server of its address, and resolves with that server's answer or a failure, once, within its deadline.
// C2. Nothing is kept for a server that is not there: `no-server` at once. Durability is the log's business.
// C3. Payloads are bytes; neither side sees the other's objects.

export interface RpcAddress {
  /** `<app>.<type>`. */
  readonly group: string
  readonly partition: number
}

export type RpcResult =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  /** `reason`: where it is known. */
  | { readonly kind: 'no-server'; readonly reason?: string }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface Rpc {
  /** Serves an address until the returned function is called. A later server of the same address takes over. */
  serve(address: RpcAddress, answer: (request: Uint8Array) => Promise<Uint8Array>): Promise<() => Promise<void>>
  call(address: RpcAddress, request: Uint8Array, deadlineMs: number): Promise<RpcResult>
  close(): Promise<void>
}
