// Images from a registry that asks who is there: with the user's own logins, and with names that move on.

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlySandbox, type ErrorsDocument, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project, type RunOptions } from './support/project.js'
import { startRecordingProxy } from './support/recording-proxy.js'
import { Registry } from './support/registry.js'

/** What the templates stand on: the smallest there is, since a registry gets all of it. */
const inherited = 'debian:bookworm-slim'

describe('an image of a registry that asks for a login', () => {
  let project: Project
  let registry: Registry
  let image: string
  /** The same under another name, of which the engine knows nothing. */
  let parent: string
  let first: string
  let second: string
  beforeAll(async () => {
    project = await Project.create()
    registry = await Registry.start(project.beside('registry'))
    image = `${registry.host}/team/agent:1`
    parent = `${registry.host}/team/base:1`
    first = await build('first')
    second = await build('second')
    // From here on only the registry has them.
    await registry.push(project.docker, first, image)
    await registry.push(project.docker, first, parent)
    await project.docker.getImage(first).remove({ force: true })
    await project.write(`agent: shell\ntemplate: ${image}\n`)
  })
  afterAll(async () => {
    await project.remove()
    for (const id of [first, second]) await project.docker.getImage(id).remove({ force: true })
    await registry.stop()
  })

  /** An image of its own, one small layer on Debian; gives its id. */
  async function build(word: string): Promise<string> {
    const container = await project.docker.createContainer({
      Image: inherited,
      Cmd: ['sh', '-c', `echo ${word} >/word`],
    })
    await container.start()
    await container.wait()
    const committed: unknown = await container.commit({ repo: `localhost/${project.scope}`, tag: word })
    await container.remove()
    return (committed as { readonly Id: string }).Id
  }

  async function logIn(config: object): Promise<void> {
    await mkdir(join(project.home, '.docker'), { recursive: true })
    await writeFile(join(project.home, '.docker/config.json'), JSON.stringify(config))
  }

  function auths(password: string): object {
    return { auths: { [registry.host]: { auth: Buffer.from(`${registry.user}:${password}`).toString('base64') } } }
  }

  async function refusal(args: readonly string[], options: RunOptions = {}): Promise<ErrorsDocument['diagnostics'][0]> {
    const ran = await project.sbx([...args, '--json'], options)
    expect(ran.exitCode).toBe(1)
    expect(ran.stdout + ran.stderr).not.toContain(registry.password)
    const { diagnostics } = JSON.parse(ran.stdout) as ErrorsDocument
    expect(diagnostics).toHaveLength(1)
    return diagnostics[0] as ErrorsDocument['diagnostics'][0]
  }

  async function plan(...flags: readonly string[]): Promise<PlannedDocument> {
    return onlySandbox(await project.json<PlanDocument>(['plan', ...flags]))
  }

  test('must be an error of the plan without one and with a wrong one, which says what to do', async () => {
    const without = await refusal(['plan'])
    expect(without).toMatchObject({ code: 'engine/cannot-pull', command: `docker login ${registry.host}` })
    expect(without.detail).toContain('has no login')
    await logIn(auths('not-the-password'))
    const wrong = await refusal(['apply', '--yes', '--allow-widen'])
    expect(wrong).toMatchObject({ code: 'engine/cannot-pull', at: { line: 2 } })
    expect(wrong.detail).toContain(`${registry.host} does not give ${image} with the login`)
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test('must not be pulled where that is not wanted, and is named', async () => {
    await logIn(auths(registry.password))
    const refused = await refusal(['plan', '--pull', 'never'])
    expect(refused).toMatchObject({ code: 'cli/pull-never', at: { line: 2 } })
    expect(refused.detail).toContain(image)
    await project.write(`FROM ${image}\n`, 'template/Dockerfile')
    await project.write('agent: shell\ntemplate: ./template\n')
    expect((await refusal(['plan', '--pull', 'never'])).detail).toContain(image)
    await project.write(`agent: shell\ntemplate: ${image}\n`)
  })

  test('must be pulled with the login of the docker config file, layer by layer', async () => {
    await logIn(auths(registry.password))
    await project.write(`agent: shell\ntemplate: ${image}\n`)
    const ran = await project.sbx(['apply', '--yes', '--allow', 'template'])
    expect(ran).toMatchObject({ exitCode: 0 })
    expect(ran.stderr).toMatch(/pull 127[^\n]*\n {6}2 of 2 layers, ([\d.]+) of \1 kB\n/)
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
    await logIn({ credHelpers: { [registry.host]: 'vault' } })
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
    await logIn(auths(registry.password))
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
