// Networks that a sandbox joins, looked for before anything is made or stopped for it.

import { type Diagnostic, DiagnosticError } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import { pointer } from '../../model/json.js'

/** Throws `engine/unknown-network` and `engine/ambiguous-network`, each with the line that names it. One GET, or none. */
export async function checkNetworks(
  { containerSpec, origins }: Pick<DesiredSandbox, 'containerSpec' | 'origins'>,
  engine: Pick<Engine, 'networks'>,
): Promise<void> {
  const names = Object.keys(containerSpec.networks ?? {})
  if (names.length === 0) return
  const { networkNamed } = await import('../../engine/network/joined-networks.js')
  const all = await engine.networks()
  const problems = names.flatMap((name): readonly Diagnostic[] => {
    try {
      networkNamed(name, all)
      return []
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      const origin = origins[pointer('networks', name)]
      return error.diagnostics.map((each) => (origin?.kind === 'file' ? { ...each, at: origin.at } : each))
    }
  })
  if (problems.length > 0) throw new DiagnosticError(problems)
}
