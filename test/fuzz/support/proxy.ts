// A proxy beside the sandbox that an engine in memory has, and what that wrote.

import { decodeSandbox } from '../../../src/engine/labels/labels.js'
import { proxyLabels } from '../../../src/engine/labels/proxy-labels.js'
import { proxyName } from '../../../src/model/names.js'
import type { Answer } from './spoiling-engine.js'

type Listed = { readonly Names: readonly string[]; readonly Labels: Readonly<Record<string, string>> }

const scope = 'fuzz'
const id = 'f'.repeat(64)
const spec = { allow: { 'api.example.com:443': true, '*.example.org:8443': true } } as const

/** For `SpoilingEngine.beside`. */
export function withProxy(written: string): (answer: Answer, path: string) => Answer {
  const log = frames(written)
  return (answer, path) => {
    if (path.startsWith(`/containers/${id}/logs`)) return { ...answer, status: 200, body: log }
    if (!path.startsWith('/containers/json')) return answer
    const listed = JSON.parse(answer.body) as readonly Listed[]
    return { ...answer, body: JSON.stringify([...listed, ...listed.slice(0, 1).map(proxyOf)]) }
  }
}

function proxyOf(agent: Listed): object {
  const sandbox = decodeSandbox(scope, 'agent', (agent.Names[0] ?? '').slice(1), agent.Labels)
  if (sandbox === null) throw new Error('what is on the engine is no sandbox')
  const name = proxyName(scope, sandbox.id, spec, null)
  const request = { name, sandbox, spec, agentHosts: [], image: 'localhost/sbx-proxy', recipe: 'r', replaces: null }
  return { ...agent, Id: id, Names: [`/${name}`], Labels: proxyLabels(scope, request), State: 'running' }
}

/** So short that what is said of their length is text as well. */
function frames(text: string): string {
  return (text.match(/[^]{1,30}/gu) ?? [])
    .map((piece) => `\u0001\0\0\0\0\0\0${String.fromCharCode(Buffer.byteLength(piece))}${piece}`)
    .join('')
}
