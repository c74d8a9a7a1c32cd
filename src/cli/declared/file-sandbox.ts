// Which sandbox the file of this call describes, for commands that also do without a file.

import { DiagnosticError } from '../../model/diagnostic.js'
import type { Host } from '../../resolve/host.js'
import { sandboxIdentity } from '../../resolve/identity.js'
import { resolveAgent } from '../../template/resolve.js'
import { loadDeclared } from './declared.js'
import type { Invocation } from '../call/invocation.js'
import { callPins } from './pins.js'

/**
 * The id that a plan of the file, with `--profile`, is for. Null where there is no file, or it does not say: it has
 * errors, or what it names was not fetched yet, which nobody should wait for. Throws where the file that `--config`
 * names is not there, since what is meant then is no sandbox of this folder.
 */
export async function fileSandboxId(invocation: Invocation, host: Host): Promise<string | null> {
  const pins = callPins(invocation, host, { offline: true })
  try {
    const loaded = await loadDeclared(invocation, host, pins)
    const { file, config, origins } = loaded
    if (file === null) return null
    await pins.open(file)
    const { template, agent } = config
    // Whatever the template is, the agent is the one that the file names; only where it names none is the template read.
    const name = agent?.name ?? (await resolveAgent({ template, version: agent?.version, origins, pins })).agent
    return (await sandboxIdentity({ ...loaded, config: { ...config, agent: { ...agent, name } } }, host)).id
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    if (error.diagnostics.some(({ code }) => code === 'config/no-file')) throw error
    return null
  }
}
