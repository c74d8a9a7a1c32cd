// What the engine says of itself and its machine.

import type { Protection } from '../../model/engine.js'
import type { Client } from './client.js'

/** Of `GET /info`, what is read here. A control is false where the engine's machine or its user does not have it. */
export type EngineFacts = {
  readonly ID?: unknown
  readonly MemoryLimit?: boolean | undefined
  readonly CpuCfsQuota?: boolean | undefined
  readonly SwapLimit?: boolean | undefined
  readonly DefaultRuntime?: string | undefined
  readonly Runtimes?: Readonly<Record<string, unknown>> | null | undefined
  readonly SecurityOptions?: readonly string[] | null | undefined
}

const known = new WeakMap<Client, EngineFacts>()

/** One GET, once for each connection. */
export async function readFacts(client: Client): Promise<EngineFacts> {
  const facts = known.get(client) ?? ((await client.call('see what it can do', client.docker.info())) as EngineFacts)
  known.set(client, facts)
  return facts
}

/** One GET. `name=seccomp,profile=builtin` is an option as engines write it. */
export async function readProtection(client: Client): Promise<Protection> {
  const { Runtimes, SecurityOptions } = await readFacts(client)
  return {
    runtimes: Object.keys(Runtimes ?? {}).sort(),
    isRootless: (SecurityOptions ?? []).some((option) => /(?:^|,)(?:name=)?rootless(?:,|$)/.test(option)),
    // Docker lists nothing where it has none; who does not say is believed.
    hasSyscallFilter:
      SecurityOptions === undefined ||
      (SecurityOptions ?? []).some(
        (option) => /(?:^|,)(?:name=)?seccomp(?:,|$)/.test(option) && !option.includes('profile=unconfined'),
      ),
  }
}
