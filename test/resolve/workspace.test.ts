import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/model/config.js'
import { ownVolumeName } from '../../src/model/names.js'
import { complaints, fromLine, loadedConfig, machine, resolved } from './fixture.js'

const head = 'a'.repeat(40)

describe('a clone', () => {
  test('has a volume at the place of the workspace, and a branch of the sandbox', async () => {
    const { workspace, host, write } = machine()
    write('home/ada/src/web/.env', 'k')
    const config: Config = { name: 'My App', workspace: { mode: 'clone', hide: { '.env': true } } }
    const repository = { root: workspace, head, tracked: [] }
    const desired = await resolved(loadedConfig(workspace, config), await host(), { repository })
    const volume = `sbx-${desired.id}-workspace`
    expect(desired.containerSpec.workspace).toEqual({ path: workspace, readonly: false, mode: 'clone' })
    expect(desired.containerSpec.volumes[workspace]).toBe(volume)
    expect(desired.workspaceVolume).toBe(volume)
    expect(desired.clone).toEqual({ branch: 'sbx/my-app', head })
    // What is not committed is not there to be covered.
    expect(desired.containerSpec).not.toHaveProperty('hide')
    expect(desired.hidden).toEqual(['.env'])
  })

  test('of a profile is on a branch of its own', async () => {
    const { workspace, host } = machine()
    const loaded = { ...loadedConfig(workspace, { workspace: { mode: 'clone' } }), profile: 'review' }
    const desired = await resolved(loaded, await host(), { repository: { root: workspace, head, tracked: [] } })
    expect(desired.clone?.branch).toBe('sbx/web-review')
  })

  test.for<readonly [string, Config['workspace'], object | null, readonly string[]]>([
    ['no repository', {}, null, ['resolve/clone-no-repository']],
    ['a repository that begins above', {}, { root: '/above' }, ['resolve/clone-not-top']],
    ['a repository without a commit', {}, { head: null }, ['clone/empty']],
    ['what is read-only', { readonly: true }, {}, ['resolve/readonly-clone']],
    ['what is hidden and committed', { hide: { keys: true } }, { tracked: ['keys'] }, ['resolve/hide-tracked']],
    ['a history that is hidden', { hide: { '.git': true } }, {}, ['resolve/hide-tracked']],
  ])('cannot be made of %s', async ([, more, facts, expected]) => {
    const { workspace, host } = machine()
    const origins = {
      '/workspace/mode': fromLine(2),
      '/workspace/readonly': fromLine(3),
      '/workspace/hide': fromLine(4),
    }
    const loaded = loadedConfig(workspace, { workspace: { mode: 'clone', ...more } }, origins)
    const repository = facts === null ? null : { root: workspace, head, tracked: [], ...facts }
    const found = await complaints(resolved(loaded, await host(), { repository }))
    expect(found.map(({ code }) => code)).toEqual(expected)
    expect(found[0]?.at?.line).toBeGreaterThan(1)
  })

  test('of the default mode is none, and changes nothing', async () => {
    const { workspace, host } = machine()
    const plain = await resolved(loadedConfig(workspace, {}), await host())
    const said = await resolved(loadedConfig(workspace, { workspace: { mode: 'bind' } }), await host())
    expect(said.containerSpec).toEqual(plain.containerSpec)
    expect(plain.containerSpec.workspace).toEqual({ path: workspace, readonly: false })
    expect(plain).not.toHaveProperty('workspaceVolume')
    expect(plain).not.toHaveProperty('clone')
  })
})

describe('an own folder', () => {
  test('is a volume by its path, in a clone as well', async () => {
    const { workspace, host } = machine()
    const config: Config = { workspace: { own: { node_modules: true, 'web/target': true } } }
    const origins = { '/workspace/own/node_modules': fromLine(7) }
    const desired = await resolved(loadedConfig(workspace, config, origins), await host())
    const name = ownVolumeName('', desired.id, 'node_modules')
    expect(desired.containerSpec.own).toEqual({ node_modules: true, 'web/target': true })
    expect(desired.containerSpec.volumes[`${workspace}/node_modules`]).toBe(name)
    expect(desired.ownVolumes).toEqual({
      node_modules: name,
      'web/target': ownVolumeName('', desired.id, 'web/target'),
    })
    expect(desired.origins['/own/node_modules']).toEqual(fromLine(7))
    const cloned = { ...config, workspace: { ...config.workspace, mode: 'clone' as const } }
    const repository = { root: workspace, head, tracked: [] }
    const inClone = await resolved(loadedConfig(workspace, cloned), await host(), { repository })
    expect(inClone.containerSpec.volumes[`${workspace}/node_modules`]).toBe(name)
  })

  test.for<readonly [string, Config]>([
    ['what is hidden', { workspace: { own: { a: true }, hide: { a: true } } }],
    ['something hidden in it', { workspace: { own: { a: true }, hide: { 'a/b': true } } }],
    ['something hidden around it', { workspace: { own: { 'a/b': true }, hide: { a: true } } }],
    ['another one', { workspace: { own: { a: true, 'a/b': true } } }],
  ])('is in the way of %s', async ([, config]) => {
    const { workspace, host } = machine()
    expect((await complaints(resolved(loadedConfig(workspace, config), await host()))).map(({ code }) => code)).toEqual(
      ['resolve/own-clash'],
    )
  })

  test('is in the way of a mount in it', async () => {
    const { workspace, host, folder } = machine()
    folder('home/ada/src/web/a/b')
    const source = folder('home/ada/data')
    const mounts = { [`${workspace}/a/b`]: { source, readonly: true } }
    const loaded = loadedConfig(workspace, { workspace: { own: { a: true } }, mounts })
    expect(await complaints(resolved(loaded, await host()))).toMatchObject([{ code: 'resolve/own-clash' }])
  })

  test('has no link in its path, and no file in its place', async () => {
    const { workspace, host, write, folder } = machine()
    write('home/ada/src/web/file', '')
    symlinkSync(folder('home/ada/other'), join(workspace, 'link'))
    const loaded = loadedConfig(workspace, { workspace: { own: { file: true, link: true, 'link/in': true } } })
    const found = await complaints(resolved(loaded, await host()))
    expect(found.map(({ code, detail }) => `${code} ${detail?.split(',')[0] ?? ''}`)).toEqual([
      'resolve/own-place file is a file',
      'resolve/own-place link is a link',
      "resolve/own-clash link/in and link are in each other's way. What is the sandbox's own has nothing else in it or around it.",
    ])
  })
})
