import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Origins } from '../../src/model/config.js'
import { builtInAgents, builtInTemplate } from '../../src/template/built-in.js'
import type { GitFolder, Pins } from '../../src/template/pins.js'
import { resolveAgent, resolveTemplate, type TemplateRequest } from '../../src/template/resolve.js'
import { certificate, codesOf, diagnosticsOf, folder } from './fixture.js'

const rest = { setup: [], certificates: null, scope: '', sandboxId: 'web-3f2a1c' }
const resolved = (request: Partial<TemplateRequest>) => resolveTemplate({ ...rest, ...request })
const at = (line: number) => ({ file: '/p/sandbox.yaml', line, column: 1 })
const origins: Origins = {
  '/template': { kind: 'file', at: at(1) },
  '/agent': { kind: 'file', at: at(2) },
  '/agent/name': { kind: 'file', at: at(3) },
}

function pinnedTo(to: { readonly version?: string; readonly digest?: string; readonly folder?: GitFolder }): Pins {
  return {
    version: () => to.version ?? null,
    digest: () => to.digest ?? null,
    folder: () => (to.folder === undefined ? Promise.reject(new Error('no folder')) : Promise.resolve(to.folder)),
  }
}

describe('which template and which agent', () => {
  test('an agent alone has its own template', async () => {
    const { spec, agent, image } = await resolved({ agent: 'claude' })
    expect(spec).toEqual({ kind: 'built-in', name: 'claude' })
    expect(agent).toEqual(builtInTemplate('claude').descriptor)
    expect(image.reference).toMatch(/^localhost\/sbx-claude:/)
  })

  test('a pinned agent has the image of that version, which for the one it has anyway is the same', async () => {
    const plain = await resolved({ agent: 'claude' })
    const installed = plain.agent.version ?? ''
    const same = await resolved({ agent: 'claude', pins: pinnedTo({ version: installed }) })
    expect(same.spec).toEqual({ kind: 'built-in', name: 'claude', version: installed })
    expect(same.image.reference).toBe(plain.image.reference)
    const other = await resolved({ agent: 'claude', pins: pinnedTo({ version: '9.9.9' }) })
    expect(other.agent.version).toBe('9.9.9')
    expect(other.image.reference).not.toBe(plain.image.reference)
    const named = await resolved({ agent: 'claude', version: '1.0.0', pins: pinnedTo({ version: '9.9.9' }) })
    expect(named.agent.version).toBe('1.0.0')
  })

  test('a pinned image is taken by its digest, and cannot move', async () => {
    const digest = `sha256:${'d'.repeat(64)}`
    const pins = pinnedTo({ digest })
    const { spec, image } = await resolved({ template: 'localhost:5000/acme/agent:3', agent: 'shell', pins })
    expect(spec).toEqual({ kind: 'image', reference: 'localhost:5000/acme/agent:3', digest })
    const reference = `localhost:5000/acme/agent@${digest}`
    expect(image).toMatchObject({ reference, movable: false, steps: [{ do: 'pull-image', reference }] })
    const exact = await resolved({ template: `debian@sha256:${'e'.repeat(64)}`, agent: 'shell', pins })
    expect(exact.spec).not.toHaveProperty('digest')
  })

  test('a git reference is the folder at its commit, and known by both', async () => {
    const path = folder({ Dockerfile: 'FROM localhost/sbx-shell\n' })
    const commit = 'c'.repeat(40)
    const template = 'git+https://host/t.git//python@v1'
    const { spec, agent, image } = await resolved({ template, pins: pinnedTo({ folder: { path, commit } }) })
    expect(spec).toEqual({ kind: 'git', reference: template, commit })
    expect(agent.agent).toBe('shell')
    expect(image.movable).toBe(false)
    const empty = folder({})
    const call = () => resolved({ template, origins, pins: pinnedTo({ folder: { path: empty, commit } }) })
    const found = await diagnosticsOf(call)
    expect(found).toMatchObject([{ code: 'template/no-dockerfile', at: { line: 1 } }])
    expect(found[0]?.detail).toContain(template)
  })

  test('another version of the agent is another image, and no name that others use moves', async () => {
    const { spec, agent, image } = await resolved({ agent: 'claude', version: '9.9.9' })
    expect(spec).toEqual({ kind: 'built-in', name: 'claude', version: '9.9.9' })
    expect(agent.version).toBe('9.9.9')
    const usual = (await resolved({ agent: 'claude' })).image
    expect(image.reference).not.toBe(usual.reference)
    const build = image.steps.at(-1)
    expect(build).toMatchObject({ do: 'build-image', aliases: [], context: { buildArgs: { VERSION: '9.9.9' } } })
    expect(image.steps.slice(0, -1)).toEqual(usual.steps.slice(0, -1))
  })

  test('a folder that stands on a template of an agent takes a version, and others say that they do not', async () => {
    const onClaude = folder({ Dockerfile: 'FROM localhost/sbx-claude\n' })
    const { spec, image } = await resolved({ template: onClaude, version: '9.9.9' })
    expect(spec).toMatchObject({ kind: 'folder', version: '9.9.9' })
    expect(image.steps.at(-2)).toMatchObject({ context: { buildArgs: { VERSION: '9.9.9' } } })
    const other = folder({ Dockerfile: 'FROM debian\n', 'template.yaml': 'agent: mine\ncommand: [mine]\n' })
    for (const request of [{ template: other }, { agent: 'shell' }, { template: 'acme/x:1', agent: 'claude' }]) {
      expect(await codesOf(() => resolved({ ...request, version: '1' }))).toEqual(['template/no-version'])
    }
  })

  test('a template alone brings its agent', async () => {
    expect((await resolved({ template: 'claude' })).agent.agent).toBe('claude')
    expect((await resolved({ template: 'base' })).agent.agent).toBe('shell')
  })

  test("of both, the image is the template's and the agent is the one named", async () => {
    const { spec, agent } = await resolved({ template: 'base', agent: 'claude' })
    expect(spec).toEqual({ kind: 'built-in', name: 'base' })
    expect(agent).toEqual(builtInTemplate('claude').descriptor)
  })

  test('an image runs the agent that is named', async () => {
    const { spec, agent, image } = await resolved({ template: 'ghcr.io/acme/agent:3', agent: 'claude' })
    expect(spec).toEqual({ kind: 'image', reference: 'ghcr.io/acme/agent:3' })
    expect(image).toMatchObject({ reference: 'ghcr.io/acme/agent:3', movable: true, recipe: '' })
    expect(agent.agent).toBe('claude')
  })

  test('a folder brings the agent of its template.yaml', async () => {
    const path = folder({ Dockerfile: 'FROM debian\n', 'template.yaml': 'agent: mine\ncommand: [mine]\n' })
    const { spec, agent } = await resolved({ template: path })
    expect(spec).toMatchObject({ kind: 'folder', path, digest: expect.stringMatching(/^[0-9a-f]{12}$/) })
    expect(agent).toMatchObject({ agent: 'mine', command: ['mine'] })
    expect((await resolved({ template: path, agent: 'mine' })).agent).toEqual(agent)
    expect((await resolved({ template: path, agent: 'shell' })).agent).toEqual(builtInTemplate('shell').descriptor)
  })

  test('a folder without one brings the agent of the template it stands on', async () => {
    const path = folder({ Dockerfile: 'FROM debian AS x\nFROM localhost/sbx-claude\nCOPY --from=x /a /a\n' })
    expect((await resolved({ template: path })).agent).toEqual(builtInTemplate('claude').descriptor)
  })

  test('a folder may start a known agent in another way and keeps its login', async () => {
    const path = folder({
      Dockerfile: 'FROM debian\n',
      'template.yaml': 'agent: claude\ncommand: [claude, --verbose]\n',
    })
    const { agent } = await resolved({ template: path, agent: 'claude' })
    expect(agent).toEqual({ ...builtInTemplate('claude').descriptor, command: ['claude', '--verbose'] })
  })

  test('the agent is the same when it is asked for alone', async () => {
    for (const request of [{ agent: 'shell' }, { template: 'claude' }, { template: 'debian:12', agent: 'claude' }]) {
      expect(await resolveAgent(request)).toEqual((await resolved(request)).agent)
    }
  })
})

describe('setup and authorities', () => {
  const certificates = certificate('AAAA')
  const contextOf = async (request: Partial<TemplateRequest>): Promise<readonly string[]> => {
    const { image } = await resolved({ ...request, setup: ['true'], certificates })
    const step = image.steps.at(-1)
    return step?.do === 'build-image' ? Object.keys(step.context.files) : []
  }

  test('the image of the container is the one with the setup on it', async () => {
    const { image } = await resolved({ agent: 'claude', setup: ['true'] })
    expect(image.reference).toMatch(/^localhost\/sbx-web-3f2a1c:[0-9a-f]{12}$/)
    expect(image.steps).toHaveLength(4)
  })

  test("the host's authorities are put in once: by base, else by the setup", async () => {
    expect(await contextOf({ agent: 'shell' })).toHaveLength(1)
    expect(await contextOf({ template: folder({ Dockerfile: 'FROM localhost/sbx-base\n' }) })).toHaveLength(1)
    expect(await contextOf({ template: folder({ Dockerfile: 'FROM debian\n' }), agent: 'shell' })).toHaveLength(2)
    expect(await contextOf({ template: 'debian:12', agent: 'shell' })).toHaveLength(2)
  })
})

describe('what is missing or unknown is told, with its line', () => {
  const plain = () => folder({ Dockerfile: 'FROM debian\n' })
  test.each<readonly [string, () => Partial<TemplateRequest>, number | undefined, string]>([
    ['template/no-agent', () => ({}), undefined, builtInAgents().join(', ')],
    ['template/no-agent', () => ({ template: 'debian:12' }), 1, 'debian:12'],
    ['template/no-agent', () => ({ template: plain() }), 1, '`agent:`'],
    ['template/unknown-agent', () => ({ agent: 'cluade' }), 3, 'Did you mean claude?'],
    ['template/unknown-agent', () => ({ agent: 'base' }), 3, builtInAgents().join(', ')],
    ['template/unknown-agent', () => ({ template: 'debian:12', agent: '../x' }), 3, '../x'],
    ['template/unknown', () => ({ template: 'cluade' }), 1, 'Did you mean claude?'],
    ['template/no-folder', () => ({ template: '/nowhere/at/all' }), 1, '/nowhere/at/all'],
    ['template/git-reference', () => ({ template: 'git+ext::sh' }), 1, 'git+https'],
  ])('%s', async (code, request, line, detail) => {
    const diagnostics = await diagnosticsOf(() => resolved({ ...request(), origins }))
    expect(diagnostics).toMatchObject([{ code, detail: expect.stringContaining(detail) }])
    expect(diagnostics[0]?.at?.line).toBe(line)
  })

  test('a value that a flag gave has no line', async () => {
    const call = () => resolved({ template: 'cluade', origins: { '/template': { kind: 'flag', flag: '-t' } } })
    expect((await diagnosticsOf(call))[0]?.at).toBeUndefined()
  })
})

test('no code here names an agent: another one is another folder', () => {
  const source = fileURLToPath(new URL('../../src/template/', import.meta.url))
  const agents = builtInAgents().filter((name) => name !== 'shell')
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
    // A name can be a word as well: it is one where it stands alone in quotes or in a path.
    const named = agents.filter((agent) => new RegExp(`['"\`/.-]${agent}['"\`/:]`).test(text))
    expect(named, entry.name).toEqual([])
  }
})
