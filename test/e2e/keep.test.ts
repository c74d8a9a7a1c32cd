// A container's own files, kept through recreates: in a snapshot while the template stays, copied when it changes.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { onlySandbox, type PlanDocument } from './support/documents.js'
import { Project } from './support/project.js'

let project: Project

const install = `
mkdir -p /tmp/p/DEBIAN /tmp/p/usr/share/greeting && cd /tmp
printf 'Package: greeting\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.com>\\nDescription: x\\n' >p/DEBIAN/control
echo hello >p/usr/share/greeting/text
dpkg-deb -b p greeting.deb && sudo dpkg -i greeting.deb
printf '#!/bin/sh\\necho it runs\\n' | sudo tee /usr/local/bin/tool
sudo chmod 755 /usr/local/bin/tool
echo kept >~/note`

const see = "tool && cat ~/note /usr/share/greeting/text && dpkg-query -W -f '${Status}' greeting"
const seen = 'it runs\nkept\nhello\ninstall ok installed'

beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: shell\nnetwork: none\n')
  await project.ok(['apply', '--yes'])
  await project.inside(install)
})
afterAll(async () => {
  await project.remove()
})

async function plan(): Promise<ReturnType<typeof onlySandbox>> {
  return onlySandbox(await project.json<PlanDocument>(['plan']))
}

async function snapshots(): Promise<string[]> {
  const filters = { label: [`dev.sbx.scope=${project.scope}`, 'dev.sbx.role=snapshot'] }
  return (await project.docker.listImages({ filters })).flatMap(({ RepoTags }) => RepoTags ?? ['none'])
}

test('what is kept must be there after a recreate, and nothing of the old container beside it', async () => {
  const before = await project.container()
  const template = await project.docker.getImage(before.Image).inspect()
  await project.write('agent: shell\nnetwork: none\nworkspace: { readonly: true }\n')
  await project.ok(['apply', '--yes', '--keep'])
  expect(await project.inside(see)).toBe(seen)
  const after = await project.container()
  expect(after.Id).not.toBe(before.Id)

  const [name = '', ...others] = await snapshots()
  expect(others).toEqual([])
  const { Config: config, RootFS } = await project.docker.getImage(name).inspect()
  expect(RootFS.Layers).toHaveLength(1)
  expect([...config.Env].sort()).toEqual([...template.Config.Env].sort())
  const own = Object.keys(before.Config.Labels).filter((label) => !(label in (template.Config.Labels ?? {})))
  const shared = ['dev.sbx.name', 'dev.sbx.role', 'dev.sbx.sandbox', 'dev.sbx.scope', 'dev.sbx.version']
  expect(own.filter((label) => label in config.Labels).sort()).toEqual(shared)

  const { action, notes } = await plan()
  expect(action).toBe('reuse')
  expect(notes).toContainEqual({
    ...{ kind: 'carries_files', taken_at: config.Labels['dev.sbx.carried-at'], bytes: expect.any(Number) },
  })
})

test('the next recreate must stand on it without being asked', async () => {
  const before = await snapshots()
  await project.write('agent: shell\nnetwork: none\n')
  await project.ok(['apply', '--yes', '--allow-widen'])
  expect(await project.inside(see)).toBe(seen)
  expect(await snapshots()).toEqual(before)
})

test('with another template the files must be copied, without packages, and the snapshot go', async () => {
  await project.write('agent: shell\nnetwork: none\nsetup: ["true"]\n')
  await project.ok(['apply', '--yes', '--allow-widen', '--keep', '--discard'])
  const packaged = 'dpkg-query -W greeting 2>/dev/null || ls -d /usr/share/greeting 2>/dev/null || echo none'
  expect(await project.inside(`tool && cat ~/note && (${packaged})`)).toBe('it runs\nkept\nnone')
  expect(await snapshots()).toEqual([])
})
