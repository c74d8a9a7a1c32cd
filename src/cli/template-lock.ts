import { readHost } from '../resolve/host.js'
import { loadDeclared, requireFile } from './declared.js'
import { type Invocation, print } from './invocation.js'
import type { TemplateLockOptions } from './options.js'

export async function lock(invocation: Invocation, { update }: TemplateLockOptions): Promise<number> {
  const host = await readHost(invocation.env)
  const loaded = await loadDeclared(invocation, host)
  requireFile(loaded)
  print(invocation, [update.length === 0 ? 'Nothing to pin.' : 'Nothing to move.'])
  return 0
}
