// What runs a container: the engine's runtime for it, by the name that the file or the engine's own settings give it.

import type { JsonValue } from './json.js'
import type { ContainerSpec } from './spec.js'

/**
 * Whether a container may have a kernel of its own, of which its engine and the machine's kernel know little: processes,
 * network and limits are not what they look like from outside. A runtime that the file names is taken for one, whatever it
 * is; of one that the engine chose, as its default, only what is known to be one.
 */
export function mayHaveOwnKernel(
  { isolation }: Pick<ContainerSpec, 'isolation'>,
  runtime: JsonValue | undefined,
): boolean {
  if (isolation !== undefined) return true
  return typeof runtime === 'string' && /^(io\.containerd\.)?(runsc|kata)(\W|$)/.test(runtime)
}
