// How a proxy is known again: as a sandbox's own containers are, by labels and a name that vouch for each other.

import type { SandboxLabels } from '../../model/desired.js'
import { canonicalJson } from '../../model/json.js'
import { labels, proxyName, type Scope } from '../../model/names.js'
import type { ProxyRequest } from '../../model/plan.js'
import type { ProxySpec } from '../../model/spec.js'
import { decodeSandbox, objectLabels, parseLabel, sandboxLabels, type Labels } from './labels.js'
import { isProxySpec } from './spec-shape.js'

export function proxyLabels(scope: Scope, request: ProxyRequest): Labels {
  return {
    ...objectLabels(scope, 'proxy', request.name),
    ...sandboxLabels(request.sandbox),
    [labels.recipe]: request.recipe,
    [labels.image]: request.image,
    ...(request.replaces === null ? {} : { [labels.replaces]: request.replaces }),
    [labels.spec]: canonicalJson(request.spec),
  }
}

export type DecodedProxy = {
  readonly sandbox: SandboxLabels
  readonly spec: ProxySpec
  readonly recipe: string
  readonly replaces: string | null
}

/** Null where the container is no proxy of ours. */
export function decodeProxy(scope: Scope, name: string, from: Labels): DecodedProxy | null {
  const sandbox = decodeSandbox(scope, 'proxy', name, from)
  if (sandbox === null) return null
  const spec = parseLabel(from[labels.spec])
  const replaces = from[labels.replaces] ?? null
  if (!isProxySpec(spec) || proxyName(scope, sandbox.id, spec, replaces) !== name) return null
  return { sandbox, spec, recipe: from[labels.recipe] ?? '', replaces }
}
