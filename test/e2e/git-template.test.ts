// Templates in git repositories, pinned by sandbox.lock: one that moves, one that cannot be reached, ones that are wrong.

import { chmod, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectValid,
  onlySandbox,
  type ErrorsDocument,
  type PlanDocument,
  type PlannedDocument,
} from './support/documents.js'
import { objectsOf } from './support/objects.js'
import { Project } from './support/project.js'
import { baseImage } from './support/registry.js'
import { Repository } from './support/repository.js'

let project: Project
/** Small, since what each line of a build has changed is found by a look at all files. */
let base: string
let repository: Repository
let reference: string
let first: string
let second: string

const template = (named: string): string => `agent: shell\ntemplate: ${named}\n`

beforeAll(async () => {
  project = await Project.create()
  base = await baseImage(project.docker, `localhost/${project.scope}`, project.beside('root'))
  repository = await Repository.create(project.beside('templates'))
  reference = `git+file://${repository.folder}//small@v1`
  await repository.write('small/Dockerfile', `FROM ${base}\nCOPY said /etc/said\nRUN echo one >> /etc/made\n`)
  await repository.write('small/said', 'first\n')
  await repository.write('empty/README', 'no Dockerfile here\n')
  await repository.write('broken/Dockerfile', `FROM ${base}\nRUN echo about to fail && exit 3\n`)
  await repository.write('base.yaml', 'agent: shell\ntemplate: ./small\nenv: { FROM_BASE: "yes" }\n')
  await repository.write('mounting.yaml', 'agent: shell\nmounts: ["./small:/small"]\n')
  first = await repository.commit()
  await repository.tag('v1')
  await repository.tag('doomed')
})
afterAll(async () => {
  for (const { Id } of await project.containers()) await project.docker.getContainer(Id).remove({ force: true })
  const built = await project.docker.listImages({
    filters: { reference: ['localhost/sbx-template-small', 'localhost/sbx-template-links'] },
  })
  await project.remove()
  for (const { Id } of built) await project.docker.getImage(Id).remove({ force: true }).catch(ignoreUsed)
  await project.docker.getImage(base).remove()
})

/** Another run of these tests may have a sandbox on it. */
function ignoreUsed(error: unknown): void {
  if (!(error instanceof Error && 'statusCode' in error && (error.statusCode === 409 || error.statusCode === 404)))
    throw error
}

async function plan(...flags: readonly string[]): Promise<PlannedDocument> {
  return onlySandbox(await project.json<PlanDocument>(['plan', ...flags]))
}

async function lock(): Promise<string> {
  return readFile(join(project.folder, 'sandbox.lock'), 'utf8')
}

/** The one diagnostic of a call that fails. */
async function failure(...args: readonly string[]): Promise<ErrorsDocument['diagnostics'][number]> {
  const ran = await project.sbx([...args, '--json'])
  expect(ran.exitCode).toBe(1)
  const { diagnostics } = JSON.parse(ran.stdout) as ErrorsDocument
  expect(diagnostics).toHaveLength(1)
  return diagnostics[0] as ErrorsDocument['diagnostics'][number]
}

describe('a template at a tag', () => {
  test('must be pinned by the lock, and a plan must write nothing', async () => {
    await project.write(template(reference))
    const planned = await plan()
    expect(planned.action).toBe('create')
    expect(planned.grants).toEqual([expect.objectContaining({ key: 'template', value: `${reference}#${first}` })])
    await expect(lock()).rejects.toThrow('ENOENT')
    expect(await failure('apply', '--yes', '--allow-widen', '--locked')).toMatchObject({
      code: 'lock/stale',
      at: { file: join(project.folder, 'sandbox.yaml'), line: 2 },
      command: 'sbx template lock',
    })
    expect(await project.containers()).toEqual([])

    expect(await project.ok(['template', 'lock'])).toContain(`+ ${reference}: ${first.slice(0, 12)}`)
    expect(await lock()).toContain(first)
    expect(await project.ok(['template', 'lock'])).toContain('up to date')
  })

  test('must be built from that commit, with a yes for it', async () => {
    expect((await project.sbx(['apply', '--yes'])).exitCode).toBe(3)
    await project.ok(['apply', '--yes', '--locked', '--allow', 'template'])
    expect(await project.inside('cat /etc/made /etc/said')).toBe('one\nfirst')
    expect(await plan('--locked')).toMatchObject({ action: 'reuse', notes: [] })
  })

  test('that moves must be a note and no change, until it is updated', async () => {
    await repository.write('small/said', 'second\n')
    second = await repository.commit()
    await repository.tag('v1')
    const before = await project.container()
    const pinned = await lock()
    const document = await project.json<PlanDocument>(['plan'])
    expectValid('plan', document)
    const planned = onlySandbox(document)
    expect(planned).toMatchObject({ action: 'reuse', changes: [] })
    expect(planned.notes).toEqual([{ kind: 'ref_moved', reference, from: first, to: second }])
    const text = await project.ok(['plan'])
    expect(text).toContain(second.slice(0, 12))
    expect(text).toContain(`sbx template lock --update ${reference}`)
    await project.ok(['apply', '--yes'])
    await project.ok(['template', 'lock'])
    expect(await lock()).toBe(pinned)
    expect((await project.container()).State).toEqual(before.State)
  })

  test('must be taken from the cache where the repository is out of reach', async () => {
    await project.docker.getContainer((await project.container()).Id).remove({ force: true })
    await rename(repository.folder, project.beside('away'))
    try {
      const ran = await project.sbx(['plan', '--json'])
      expect(ran.exitCode).toBe(0)
      expect(onlySandbox(JSON.parse(ran.stdout) as PlanDocument).action).toBe('create')
      const lines = ran.stderr.trim().split('\n')
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`${reference} is taken as it is pinned`)
      await project.ok(['apply', '--yes', '--locked'])
      expect(await project.inside('cat /etc/said')).toBe('first')
    } finally {
      await rename(project.beside('away'), repository.folder)
    }
  })

  test('must move with --update, as a change that needs a yes', async () => {
    const wrong = await project.sbx(['template', 'lock', '--update', 'nothing'])
    expect(wrong.exitCode).toBe(64)
    expect(wrong.stderr).toContain(reference)
    const document = await project.json(['template', 'lock', '--update', reference])
    expectValid('template-lock', document)
    expect(document).toMatchObject({ changes: [{ kind: 'git', name: reference, before: first, after: second }] })
    const planned = await plan()
    expect(planned).toMatchObject({
      ...{ action: 'recreate', reason: 'config_changed' },
      // What that image has in the home nobody knows before an apply has looked.
      notes: [{ kind: 'older_home', brought: false }],
    })
    expect(planned.changes).toEqual([
      expect.objectContaining({
        path: '/template',
        before: `${reference} (commit ${first.slice(0, 12)})`,
        after: `${reference} (commit ${second.slice(0, 12)})`,
      }),
    ])
    expect((await project.sbx(['apply', '--yes'])).exitCode).toBe(3)
    await project.ok(['apply', '--yes', '--allow', 'template'])
    expect(await project.inside('cat /etc/said')).toBe('second')
  })
})

describe('what cannot be had must be one message at its line, and what runs must stay', () => {
  beforeAll(async () => {
    await project.write(template(`git+file://${repository.folder}//small@doomed`))
    await project.ok(['apply', '--yes', '--allow', 'template'])
    await repository.git('tag', '--delete', 'doomed')
  })

  async function refused(named: string, code: string, detail: string): Promise<void> {
    const before = await objectsOf(project)
    await project.write(template(named))
    expect(await failure('apply', '--yes', '--allow-widen')).toMatchObject({
      code,
      detail: expect.stringContaining(detail) as string,
      at: { file: join(project.folder, 'sandbox.yaml'), line: 2, column: 11 },
    })
    expect(await objectsOf(project)).toEqual(before)
  }

  test('a ref that is deleted', async () => {
    // Pinned, it goes on; unpinned there is nothing that it could mean.
    const doomed = `git+file://${repository.folder}//small@doomed`
    expect(await lock()).toContain(doomed)
    expect((await project.sbx(['plan'])).stderr).toContain('no such tag or branch')
    await refused(`git+file://${repository.folder}//empty@doomed`, 'template/git-no-ref', 'doomed')
  })

  test('a folder that is not in the repository', async () => {
    await refused(`git+file://${repository.folder}//nowhere@v1`, 'template/git-no-folder', 'nowhere')
  })

  test('a folder without a Dockerfile', async () => {
    await refused(`git+file://${repository.folder}//empty@v1`, 'template/no-dockerfile', '//empty@v1')
  })

  test('a host that does not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    for (const transport of ['git+https', 'git+ssh']) {
      await refused(`${transport}://127.0.0.1:${port}/t.git//small@v1`, 'template/git-unreachable', `127.0.0.1:${port}`)
    }
  })

  test('a repository that is not one, and a machine without git', async () => {
    await refused(`git+file://${repository.folder}/not-here//small@v1`, 'template/git-unreachable', 'not-here')
    const ran = await project.sbx(['plan', '--json'], { env: { PATH: '/nowhere' } })
    expect((JSON.parse(ran.stdout) as ErrorsDocument).diagnostics).toEqual([
      expect.objectContaining({ code: 'template/git-missing' }),
    ])
  })

  test('a repository that the sandbox could write', async () => {
    await refused(`git+file://${project.folder}/evil.git@v1`, 'template/git-workspace', 'evil.git')
  })

  test('a Dockerfile that fails', async () => {
    const before = await project.container()
    await project.write(template(`git+file://${repository.folder}//broken@v1`))
    const ran = await project.sbx(['apply', '--yes', '--allow-widen'])
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr).toContain('about to fail')
    expect((await project.container()).State).toEqual(before.State)
  })
})

test('a repository with a hook, a submodule, or links out of it must do no harm', async () => {
  const hostile = await Repository.create(project.beside('hostile'))
  const planted = project.beside('planted')
  for (const hook of ['post-checkout', 'post-merge', 'reference-transaction', 'pre-receive', 'post-update']) {
    for (const folder of ['.git/hooks', 'hooks']) {
      await hostile.write(`${folder}/${hook}`, `#!/bin/sh\ntouch ${planted}\n`)
      await chmod(join(hostile.folder, folder, hook), 0o755)
    }
  }
  await hostile.write('.gitattributes', '* filter=evil export-subst\n')
  await hostile.write('links/Dockerfile', `FROM ${base}\nCOPY . /copied\n`)
  await symlink('/etc/hostname', join(hostile.folder, 'links/out'))
  await symlink('/etc/hostname', join(hostile.folder, 'linked.yaml'))
  await hostile.write('sub/Dockerfile', `FROM ${base}\n`)
  await hostile.git('update-index', '--add', '--cacheinfo', `160000,${first},sub/module`)
  await hostile.git('commit', '--quiet', '--message', 'submodule')
  await hostile.git('add', 'links', 'linked.yaml', 'sub/Dockerfile', '.gitattributes', 'hooks')
  await hostile.git('commit', '--quiet', '--message', 'rest')
  // Committing has run some of them.
  await rm(planted, { force: true })
  const at = (folder: string): string => `git+file://${hostile.folder}//${folder}`

  await project.write(template(at('sub')))
  expect(await failure('plan')).toMatchObject({
    code: 'template/git-tree',
    detail: expect.stringContaining('the submodule module') as string,
  })
  await project.write(`agent: shell\nextends: ${at('linked.yaml')}\n`)
  expect(await failure('plan')).toMatchObject({ code: 'config/unreadable' })
  await project.write(template(at('links')))
  await project.ok(['apply', '--yes', '--allow-widen'])
  expect(await project.inside('readlink /copied/out')).toBe('/etc/hostname')
  await expect(readFile(planted)).rejects.toThrow('ENOENT')
})

test('a base in a git repository must be pinned, and its template with it', async () => {
  const base = `git+file://${repository.folder}//base.yaml@v1`
  await project.write(`extends: ${base}\n`)
  await project.ok(['template', 'lock'])
  expect(await lock()).toContain(`${base}:`)
  expect(await lock()).not.toContain('//small')
  const planned = await plan('--locked')
  expect(planned.grants[0]?.value).toBe(`git+file://${repository.folder}//small@${second}#${second}`)
  await project.write(`extends: git+file://${repository.folder}//mounting.yaml@v1\n`)
  expect(await failure('plan')).toMatchObject({ code: 'config/bad-value', at: { line: 2 } })
})

test('a lock that is malformed, of a later format or a link must be told', async () => {
  await project.write(template(reference))
  await project.write('version: 1\ngit:\n  x: { commit: short }\n', 'sandbox.lock')
  expect(await failure('plan')).toMatchObject({
    code: 'lock/malformed',
    at: { file: join(project.folder, 'sandbox.lock'), line: 3 },
  })
  await project.write('version: 2\n', 'sandbox.lock')
  expect(await failure('plan')).toMatchObject({ code: 'lock/newer-format' })
  await rename(join(project.folder, 'sandbox.lock'), project.beside('lock'))
  await symlink(project.beside('lock'), join(project.folder, 'sandbox.lock'))
  expect(await failure('plan')).toMatchObject({ code: 'lock/unreadable' })
})
