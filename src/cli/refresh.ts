import { DiagnosticError } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { Declared } from './declared.js'
import { type Invocation, tell } from './invocation.js'

/**
 * For `--upgrade`: takes what the registry has under the image's name now, so that the plan sees it. An image that only
 * this engine has cannot be pulled, and is compared as it is.
 */
export async function refreshImage(invocation: Invocation, { desired }: Declared, engine: Engine): Promise<void> {
  const { reference, movable } = desired.image
  if (!movable) return
  const { images } = await engine.observe(desired.id, [reference])
  tell(invocation, [`Looking for a newer ${reference}`])
  try {
    await engine.perform({ do: 'pull-image', reference })
  } catch (error) {
    const isLocal = images[reference] !== null && error instanceof DiagnosticError && error.kind === 'failed'
    if (!isLocal) throw error
    tell(invocation, [`No registry has it; what the engine has is compared.`])
  }
}
