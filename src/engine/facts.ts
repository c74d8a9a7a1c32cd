// What the engine says of itself and its machine.

import type { Client } from './client.js'

/** Of `GET /info`, what is read here. A control is false where the engine's machine or its user does not have it. */
export type EngineFacts = {
  readonly MemoryLimit?: boolean | undefined
  readonly CpuCfsQuota?: boolean | undefined
  readonly SwapLimit?: boolean | undefined
  readonly DefaultRuntime?: string | undefined
}

/** One GET. */
export async function readFacts(client: Client): Promise<EngineFacts> {
  return (await client.call('see what it can do', client.docker.info())) as EngineFacts
}
