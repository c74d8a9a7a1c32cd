// Images from a registry that asks who is there: with the user's own logins, names that move on, and pins that do not.

import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlySandbox, type ErrorsDocument, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project, type RunOptions } from './support/project.js'
import { startRecordingProxy } from './support/recording-proxy.js'
import { baseImage, Registry, smallImage } from './support/registry.js'

let registry: Registry
let around: Project
let base: string
beforeAll(async () => {
  around = await Project.create()
  registry = await Registry.start(around.beside('registry'))
  base = await baseImage(around.docker, `localhost/${around.scope}`, around.beside('root'))
})
afterAll(async () => {
  await registry.stop()
  await around.docker.getImage(base).remove()
  await around.remove()
})

async function logIn({ home }: Project, config: object): Promise<void> {
  await mkdir(join(home, '.docker'), { recursive: true })
  await writeFile(join(home, '.docker/config.json'), JSON.stringify(config))
}

async function planOf(project: Project, flags: readonly string[]): Promise<PlannedDocument> {
  return onlySandbox(await project.json<PlanDocument>(['plan', ...flags]))
}

async function refusalOf(
  project: Project,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ErrorsDocument['diagnostics'][0]> {
  const ran = await project.sbx([...args, '--json'], options)
  expect(ran.exitCode).toBe(1)
  expect(ran.stdout + ran.stderr).not.toContain(registry.password)
  const { diagnostics } = JSON.parse(ran.stdout) as ErrorsDocument
  expect(diagnostics).toHaveLength(1)
  return diagnostics[0] as ErrorsDocument['diagnostics'][0]
}

describe('an image of a registry that asks for a login', () => {
  let project: Project
  let image: string
  /** The same under another name, of which the engine knows nothing. */
  let parent: string
  let first: string
  let second: string
  beforeAll(async () => {
    project = await Project.create()
    image = `${registry.host}/team/agent:1`
    parent = `${registry.host}/team/base:1`
    first = await smallImage(project.docker, base, project.scope, 'first')
    second = await smallImage(project.docker, base, project.scope, 'second')
    // From here on only the registry has them.
    await registry.push(project.docker, first, image)
    await registry.push(project.docker, first, parent)
    await project.docker.getImage(first).remove({ force: true })
    await project.write(`agent: shell\ntemplate: ${image}\n`)
  })
  afterAll(async () => {
    await project.remove()
    for (const id of [first, second]) await project.docker.getImage(id).remove({ force: true })
  })

  const plan = (...flags: readonly string[]): Promise<PlannedDocument> => planOf(project, flags)
  const refusal = (args: readonly string[], options: RunOptions = {}): ReturnType<typeof refusalOf> =>
    refusalOf(project, args, options)

  test('must be an error of the plan without one and with a wrong one, which says what to do', async () => {
    const without = await refusal(['plan'])
    expect(without).toMatchObject({ code: 'engine/cannot-pull', command: `docker login ${registry.host}` })
    expect(without.detail).toContain('has no login')
    await logIn(project, registry.auths('not-the-password'))
    const wrong = await refusal(['apply', '--yes', '--allow-widen'])
    expect(wrong).toMatchObject({ code: 'engine/cannot-pull', at: { line: 2 } })
    expect(wrong.detail).toContain(`${registry.host} does not give ${image} with the login`)
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test('must not be pulled where that is not wanted, and is named', async () => {
    await logIn(project, registry.auths())
    const refused = await refusal(['plan', '--pull', 'never'])
    expect(refused).toMatchObject({ code: 'cli/pull-never', at: { line: 2 } })
    expect(refused.detail).toContain(image)
    await project.write(`FROM ${image}\n`, 'template/Dockerfile')
    await project.write('agent: shell\ntemplate: ./template\n')
    expect((await refusal(['plan', '--pull', 'never'])).detail).toContain(image)
    await project.write(`agent: shell\ntemplate: ${image}\n`)
  })

  test('must be pulled with the login of the docker config file', async () => {
    await logIn(project, registry.auths())
    await project.write(`agent: shell\ntemplate: ${image}\n`)
    const ran = await project.sbx(['apply', '--yes', '--allow', 'template'])
    expect(ran).toMatchObject({ exitCode: 0 })
    // How far each layer is, is told of those alone that the engine has not from another image.
    expect(ran.stderr).toMatch(/pull 127[^\n]*\n(?: {6}\d+ of \d+ layers, ([\d.]+) of \1 kB\n)?/)
    expect(ran.stdout + ran.stderr).not.toContain(registry.password)
    expect(await project.inside('cat /word')).toBe('first')
    expect(JSON.stringify(await project.container())).not.toContain(registry.password)
  })

  test('must be told apart from a helper that fails, whose secrets are never shown', async () => {
    const bin = project.beside('bin')
    await mkdir(bin)
    const helper = join(bin, 'docker-credential-vault')
    await writeFile(helper, `#!/bin/sh\necho '${registry.password}'; echo 'the vault is closed' >&2; exit 1\n`)
    await chmod(helper, 0o755)
    await logIn(project, { credHelpers: { [registry.host]: 'vault' } })
    const env = { PATH: `${bin}:${project.env['PATH'] ?? ''}` }
    const closed = await refusal(['plan', '--pull', 'always'], { env })
    expect(closed).toMatchObject({ code: 'engine/credential-helper' })
    expect(closed.detail).toContain('the vault is closed')
    expect(await refusal(['plan', '--pull', 'always'])).toMatchObject({ code: 'engine/credential-helper' })
  })

  test('must be pulled with what a helper gives, for the build of a template that stands on it too', async () => {
    const bin = project.beside('bin')
    const answer = JSON.stringify({ ServerURL: registry.host, Username: registry.user, Secret: registry.password })
    const script = `#!/bin/sh\nread -r server\n[ "$1 $server" = "get ${registry.host}" ] && echo '${answer}'\n`
    await writeFile(join(bin, 'docker-credential-vault'), script)
    const env = { PATH: `${bin}:${project.env['PATH'] ?? ''}` }
    for (const builder of ['classic', 'buildkit']) {
      const built = await Project.create()
      try {
        await mkdir(join(built.home, '.docker'))
        await writeFile(join(built.home, '.docker/config.json'), JSON.stringify({ credsStore: 'vault' }))
        await built.write(`FROM ${parent}\nRUN echo ${builder} > /builder\n`, 'template/Dockerfile')
        await built.write('agent: shell\ntemplate: ./template\n')
        await built.ok(['apply', '--yes', '--allow', 'template'], { env: { ...env, SBX_BUILDER: builder } })
        expect(await built.inside('cat /word /builder')).toBe(`first\n${builder}`)
      } finally {
        const { Image } = await built.container()
        await built.remove()
        await project.docker.getImage(Image).remove({ force: true })
      }
      await project.docker.getImage(parent).remove()
    }
  })

  test('whose name moved in the registry must be a note when that is asked, and taken by --upgrade', async () => {
    await logIn(project, registry.auths())
    const before = await project.container()
    await registry.push(project.docker, second, image)
    await project.docker.getImage(first).tag({ repo: `${registry.host}/team/agent`, tag: '1' })
    const { Descriptor } = await registry.describe(project.docker, image)
    expect(await plan()).toMatchObject({ action: 'reuse', notes: [], steps: [] })
    expect(await plan('--pull', 'always')).toMatchObject({
      action: 'reuse',
      notes: [{ kind: 'tag_moved', reference: image, from: first, to: Descriptor.digest }],
    })
    const proxy = await startRecordingProxy(project.beside('proxy.sock'))
    await project.ok(['plan', '--pull', 'always', '--upgrade'], { env: { DOCKER_HOST: proxy.endpoint } })
    const calls = proxy.take()
    await proxy.close()
    expect(calls.map(({ url }) => url)).toContain(`/distribution/${image}/json`)
    expect(calls.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
    expect(await plan('--upgrade', '--pull', 'never')).toMatchObject({ action: 'reuse', notes: [] })
    await project.ok(['apply', '--yes', '--pull', 'always'])
    expect((await project.container()).State).toEqual(before.State)
    expect(await plan('--upgrade')).toMatchObject({ action: 'recreate', reason: 'image_moved' })
    await project.ok(['apply', '--yes', '--upgrade'])
    expect(await project.inside('cat /word')).toBe('second')
    expect(await plan('--upgrade')).toMatchObject({ action: 'reuse', notes: [] })
  })
})

describe('a private image that sandbox.lock pins', () => {
  let project: Project
  let image: string
  let second: string
  const digests: Record<'first' | 'second', string> = { first: '', second: '' }

  beforeAll(async () => {
    project = await Project.create()
    image = `${registry.host}/team/pinned:1`
    const first = await smallImage(project.docker, base, project.scope, 'first')
    second = await smallImage(project.docker, base, project.scope, 'second')
    await registry.push(project.docker, first, image)
    digests.first = (await registry.describe(project.docker, image)).Descriptor.digest
    // From here on only the registry has it.
    await project.docker.getImage(first).remove({ force: true })
    await logIn(project, registry.auths())
    await project.write(`agent: shell\ntemplate: ${image}\n`)
  })
  afterAll(async () => {
    await project.remove()
    for (const reference of [pinned('first'), pinned('second')]) {
      await project.docker.getImage(reference).remove({ force: true })
    }
  })

  function pinned(which: 'first' | 'second'): string {
    return `${registry.host}/team/pinned@${digests[which]}`
  }

  async function locked(): Promise<string> {
    return readFile(join(project.folder, 'sandbox.lock'), 'utf8').catch(() => 'none')
  }

  const plan = (...flags: readonly string[]): Promise<PlannedDocument> => planOf(project, flags)

  test('must have its pin where --locked asks for that, or nothing is touched', async () => {
    for (const command of [['plan'], ['apply', '--yes', '--allow-widen']]) {
      const refused = await refusalOf(project, [...command, '--locked'])
      expect(refused).toMatchObject({ code: 'lock/stale', command: 'sbx template lock', at: { line: 2 } })
      expect(refused.detail).toContain(`has no pin for ${image}.`)
    }
    expect(await locked()).toBe('none')
    expect(await objectsOf(project)).toEqual(nothing)
    const ofRegistry = { filters: { reference: [`${registry.host}/team/pinned`] } }
    expect(await project.docker.listImages(ofRegistry)).toEqual([])
  })

  test('is pulled by its digest with the login, which the lock knows nothing of', async () => {
    expect(await project.ok(['template', 'lock'])).toBe(`+ ${image}: ${digests.first.slice(7, 19)}\n`)
    expect(await locked()).toContain(digests.first)
    expect(await locked()).not.toMatch(/right|team:|auth/)
    await project.ok(['apply', '--yes', '--allow', 'template', '--locked'])
    expect((await project.container()).Config.Image).toBe(pinned('first'))
    expect(await project.inside('cat /word')).toBe('first')
  })

  test('stays as it is when the tag moves in the registry, whatever is called, and is told how to move', async () => {
    await registry.push(project.docker, second, image)
    digests.second = (await registry.describe(project.docker, image)).Descriptor.digest
    const before = [await objectsOf(project), await locked()]
    const unchanged = { action: 'reuse', notes: [], steps: [] }
    expect(await plan()).toMatchObject(unchanged)
    expect(await plan('--locked', '--pull', 'always')).toMatchObject(unchanged)
    expect(await plan('--upgrade')).toMatchObject(unchanged)
    const upgraded = await project.sbx(['plan', '--upgrade'])
    const move = `sbx template lock --update ${image}`
    expect(upgraded.stderr).toContain(`${image} stays as sandbox.lock pins it. To move it: ${move}\n`)
    for (const flags of [[], ['--upgrade']]) await project.ok(['apply', '--yes', ...flags])
    expect(await project.ok(['template', 'lock'])).toBe('sandbox.lock is up to date.\n')
    expect([await objectsOf(project), await locked()]).toEqual(before)
  })

  test('is moved by that, and then a plan says from which to which and apply does it', async () => {
    const [from, to] = [digests.first.slice(7, 19), digests.second.slice(7, 19)]
    expect(await project.ok(['template', 'lock', '--update', image])).toBe(`~ ${image}: ${from} -> ${to}\n`)
    const [only, ...more] = (await plan()).changes
    expect(more).toEqual([])
    expect(only).toMatchObject({
      path: '/template',
      effect: 'recreate',
      origin: 'config',
      before: `${image} (${digests.first.slice(0, 19)})`,
      after: `${image} (${digests.second.slice(0, 19)})`,
    })
    const shown = await project.ok(['plan'])
    expect(shown).toContain(`- ${image} (${digests.first.slice(0, 19)})\n`)
    expect(shown).toContain(`+ ${image} (${digests.second.slice(0, 19)})\n`)
    await project.ok(['apply', '--yes', '--allow', 'template', '--locked'])
    expect((await project.container()).Config.Image).toBe(pinned('second'))
    expect(await project.inside('cat /word')).toBe('second')
  })

  test('can be had, and keeps its pin, when the registry has the tag no more', async () => {
    await project.ok(['rm', '--force'])
    await project.docker.getImage(second).remove({ force: true })
    await rm(around.beside('registry/data/docker/registry/v2/repositories/team/pinned/_manifests/tags/1'), {
      recursive: true,
    })
    const before = await locked()
    const refused = await refusalOf(project, ['template', 'lock', '--update', image])
    expect(refused).toMatchObject({ code: 'engine/cannot-pull' })
    expect(refused.detail).toContain(image)
    expect(await locked()).toBe(before)
    await project.ok(['apply', '--yes', '--allow', 'template', '--locked'])
    expect(await project.inside('cat /word')).toBe('second')
  })

  test('must be in the registry, or it is told how to have a pin that is', async () => {
    const gone = `sha256:${'a'.repeat(64)}`
    await project.write((await locked()).replace(digests.second, gone), 'sandbox.lock')
    const refused = await refusalOf(project, ['plan'])
    const command = `sbx template lock --update ${image}`
    expect(refused).toMatchObject({ code: 'lock/not-in-registry', command, at: { line: 2 } })
    expect(refused.detail).toContain(`sandbox.lock pins ${image} to ${gone}.`)
  })
})
