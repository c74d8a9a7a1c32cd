// The git folder of a work tree or submodule, as the sandbox has it or does not.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Config } from '../../src/model/config.js'
import type { DesiredSandbox } from '../../src/model/desired.js'
import type { GitFolderFacts } from '../../src/resolve/git-folder.js'
import { withNeighbours } from '../../src/resolve/resolve.js'
import { checkSources, checkUnswappable } from '../../src/resolve/sources.js'
import { codes, complaints, loadedConfig, machine, resolved } from './fixture.js'

async function desiredWith(config: Config, facts: (folder: (path: string) => string) => GitFolderFacts) {
  const { workspace, folder, host } = machine()
  const gitFolder = facts(folder)
  return {
    path: gitFolder.path,
    workspace,
    desired: await resolved(loadedConfig(workspace, config), await host(), { gitFolder }),
  }
}

const ofMain = (folder: (path: string) => string) =>
  ({ path: folder('home/ada/src/main/.git'), of: 'work tree' }) as const

test('that of a work tree is mounted at its own path, and is asked about', async () => {
  const { path, desired } = await desiredWith({}, ofMain)
  expect(desired.containerSpec.mounts).toEqual({ [path]: { source: path, readonly: false } })
  expect(desired.grants).toEqual([
    {
      key: `mount:${path}`,
      value: `rw:${path}`,
      subject: `mount:${path}:rw`,
      summary: 'read-write git folder of this work tree: branches, settings and hooks of ~/src/main',
    },
  ])
  expect(desired.recordSpec.grants).toEqual({ [`mount:${path}`]: `rw:${path}` })
  expect(desired.noGit).toBeUndefined()
})

test('of a workspace that is only read it is only read, and of a submodule it is called so', async () => {
  const { path, desired } = await desiredWith({ workspace: { readonly: true } }, (folder) => ({
    path: folder('home/ada/src/main/.git/modules/lib'),
    of: 'submodule',
  }))
  expect(desired.containerSpec.mounts).toEqual({ [path]: { source: path, readonly: true } })
  expect(desired.grants.map(({ summary }) => summary)).toEqual([
    'read-only git folder of this submodule: branches, settings and hooks of it',
  ])
})

test('a mount of the file goes before it, and the workspace itself', async () => {
  const { workspace, folder, host } = machine()
  const gitFolder = ofMain(folder)
  const mounts = { [gitFolder.path]: { source: gitFolder.path, readonly: true } }
  const { containerSpec, noGit } = await resolved(loadedConfig(workspace, { mounts }), await host(), { gitFolder })
  expect(containerSpec.mounts).toEqual(mounts)
  expect(noGit).toBeUndefined()
  const within = { path: folder('home/ada/src/web/main/.git'), of: 'work tree' } as const
  expect(
    (await resolved(loadedConfig(workspace, {}), await host(), { gitFolder: within })).containerSpec.mounts,
  ).toEqual({})
})

test('what the policy denies is left out and told, so that the rest is as it was', async () => {
  const { root, workspace, folder, host } = machine()
  const gitFolder = ofMain(folder)
  const at = { file: '/p.yaml', line: 2, column: 1 }
  const policy = { file: '/p.yaml', deny: [{ pattern: `mount:${root}/home/ada/src/main/.git`, at }], allow: [] }
  const desired = await resolved(loadedConfig(workspace, {}), await host(), { gitFolder, policy })
  expect(desired.containerSpec.mounts).toEqual({})
  expect(desired.grants).toEqual([])
  expect(desired.noGit).toContain('is denied by mount:')
})

test('nor is it mounted where no folder may be, or where nobody knows whose it is', async () => {
  const protectedOne = await desiredWith({}, (folder) => ({ path: folder('home/ada/.ssh/.git'), of: 'work tree' }))
  expect(protectedOne.desired.containerSpec.mounts).toEqual({})
  expect(protectedOne.desired.noGit).toContain('belongs to your keys')
  const around = await desiredWith({}, (folder) => ({ path: folder('home/ada/src'), of: 'work tree' }))
  expect(around.desired.containerSpec.mounts).toEqual({})
  expect(around.desired.noGit).toContain('would hide the workspace')
  const strange = await desiredWith({}, (folder) => ({ path: folder('home/ada/src/x'), why: 'is strange' }))
  expect(strange.desired.containerSpec.mounts).toEqual({})
  expect(strange.desired.noGit).toMatch(/x is strange$/)
})

test('beside a sandbox of the main tree it is refused, with the ways out; beside one of another work tree it is not', async () => {
  const { workspace, folder } = machine()
  const { path: source } = ofMain(folder)
  const spec = { workspace: { path: workspace, readonly: false }, mounts: { [source]: { source, readonly: false } } }
  const named = { displayName: 'main' }
  const inMain = { sandbox: named, spec: { workspace: { path: join(source, '..'), readonly: false }, mounts: {} } }
  const [found] = await complaints(checkSources({ spec, others: [inMain] }))
  expect(found?.code).toBe('worktree/beside-folder')
  expect(found?.detail).toMatch(/sandbox main can write.*`sbx run --clone NAME`.*`sbx run --worktree BRANCH`/)
  expect(await codes(Promise.resolve().then(() => checkUnswappable(source, [inMain])))).toEqual([
    'worktree/beside-folder',
  ])
  const beside = { sandbox: named, spec: { ...spec, workspace: { path: folder('other'), readonly: false } } }
  await checkSources({ spec, others: [beside] })
  checkUnswappable(source, [beside])
})

test('two work trees and two clones of one repository have nothing in common but its git folder', async () => {
  const { folder, host, workspace: main } = machine()
  const own = await host()
  const gitFolder = { path: folder('home/ada/src/web/.git'), of: 'work tree' } as const
  const repository = { root: main, head: 'a'.repeat(40), tracked: [] }
  const trees = ['web-one', 'web-two'].map((name) =>
    resolved(loadedConfig(folder(`home/ada/src/${name}`), {}), own, { gitFolder }),
  )
  const clones = ['web-one', 'web-two'].map((name) =>
    resolved(loadedConfig(main, { name, workspace: { mode: 'clone' } }), own, { repository }),
  )
  const all = await Promise.all([...trees, ...clones])
  const distinct = <T>(of: (desired: DesiredSandbox) => T): number => new Set(all.map(of)).size
  expect(distinct(({ id }) => id)).toBe(4)
  expect(distinct(({ homeVolume }) => homeVolume)).toBe(4)
  expect(distinct(({ containerSpec: { workspace, volumes } }) => volumes[workspace.path] ?? workspace.path)).toBe(4)
  expect(all.map(({ containerSpec }) => Object.keys(containerSpec.mounts))).toEqual([
    [gitFolder.path],
    [gitFolder.path],
    [],
    [],
  ])
  expect(all.flatMap(({ clone }) => clone?.branch ?? [])).toEqual(['sbx/web-one', 'sbx/web-two'])
  for (const desired of all) {
    const others = all
      .filter((each) => each !== desired)
      .map(({ displayName, containerSpec: spec }) => ({ sandbox: { displayName }, spec }))
    await checkSources({ spec: desired.containerSpec, others })
    expect(withNeighbours(desired, others, '/home/ada').grants.map(({ key }) => key)).not.toContain('workspace')
  }
})
