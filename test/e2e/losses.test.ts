// What an agent installed outside of what is kept: a recreate tells it, and takes it along or not as is said; in a
// snapshot while the template stays, copied when it changes.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { onlySandbox, type PlanDocument } from './support/documents.js'
import { Project } from './support/project.js'
import { Screen } from './support/screen.js'

let project: Project

/** A package made where it is installed, since nothing can be downloaded; and a program of some thousand files. */
const install = `
mkdir -p /tmp/p/DEBIAN /tmp/p/usr/bin && cd /tmp
printf 'Package: greeting\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.com>\\nDescription: x\\n' >p/DEBIAN/control
printf '#!/bin/sh\\necho hello\\n' >p/usr/bin/greeting && chmod 755 p/usr/bin/greeting
dpkg-deb -b p greeting.deb && sudo dpkg -i greeting.deb
sudo mkdir -p /usr/local/lib/tool /usr/local/lib/node_modules/@acme/cli && cd /usr/local/lib/tool
seq -f 'part-%g' 3000 | sudo xargs touch
printf '#!/bin/sh\\nls /usr/local/lib/tool | wc -l\\n' | sudo tee /usr/local/bin/tool && sudo chmod 755 /usr/local/bin/tool
echo '{}' | sudo tee ../node_modules/@acme/cli/package.json
echo kept >~/note`

const base = 'agent: shell\nnetwork: none\n'
const see = "tool && greeting && cat ~/note && dpkg-query -W -f '${Status}' greeting"
const seen = '3000\nhello\nkept\ninstall ok installed'

beforeAll(async () => {
  project = await Project.create()
  await project.write(base)
  await project.ok(['apply', '--yes'])
  await project.inside(install)
  await project.write(`${base}lifecycle: { onRecreate: keep }\nworkspace: { readonly: true }\n`)
})
afterAll(async () => {
  await project.remove()
})

async function snapshots(): Promise<string[]> {
  const filters = { label: [`dev.sbx.scope=${project.scope}`, 'dev.sbx.role=snapshot'] }
  return (await project.docker.listImages({ filters })).flatMap(({ RepoTags }) => RepoTags ?? ['none'])
}

/** A size is told where the engine is quick enough; what it comes to is in test/engine/content/own-content.test.ts. */
const size = expect.toSatisfy((bytes) => bytes === null || typeof bytes === 'number')

type Content = {
  readonly files: number
  readonly folders: readonly { readonly path: string; readonly files: number }[]
  readonly packages: readonly { readonly manager: string; readonly name: string }[]
}
type Plan = { readonly sandboxes: readonly { readonly losses: Content | null; readonly kept: Content | null }[] }

const content = {
  files: 3001,
  folders: [
    { path: '/usr/local/lib/tool', files: 3000, bytes: size },
    { path: '/usr/local/bin/tool', files: 1, bytes: size },
  ],
  elsewhere: 0,
  deleted: 0,
  packages: [
    { manager: 'debian', name: 'greeting', was_there: false },
    { manager: 'npm', name: '@acme/cli', was_there: false },
  ],
  volumes: [],
}

test('a plan must count files by folder and name packages, whichever way they go', async () => {
  const kept = await project.json<Plan>(['plan'])
  expect(kept.sandboxes).toMatchObject([{ losses: null, kept: content }])
  const lost = await project.json<Plan>(['plan', '--discard'])
  expect(lost.sandboxes).toMatchObject([{ losses: content, kept: null }])
})

test('a person must be asked, be shown the files, and lose nothing by a no', async () => {
  const { Id } = await project.container()
  const screen = await Screen.open(project)
  try {
    await screen.enter('$SBX apply --discard --quiet')
    await screen.see(/Recreate project\? 3001 files outside kept paths will be lost\.\s+\[y\] yes {3}\[k\]/)
    await screen.clear()
    await screen.enter('d')
    await screen.see(/^Debian package greeting$[^]*^28 of 3003; Enter for more/m)
    await screen.enter('q')
    await screen.see(/\[N\] no: $/)
    await screen.press('Enter')
    await screen.see(/^host> $/m)
  } finally {
    await screen.close()
  }
  expect((await project.container()).Id).toBe(Id)
})

test('what is kept must be there after a recreate, and nothing of the old container beside it', async () => {
  const before = await project.container()
  const template = await project.docker.getImage(before.Image).inspect()
  await project.ok(['apply', '--yes'])
  expect(await project.inside(see)).toBe(seen)
  const after = await project.container()
  expect(after.Id).not.toBe(before.Id)

  const [name = '', ...others] = await snapshots()
  expect(others).toEqual([])
  const { Config: config, RootFS } = await project.docker.getImage(name).inspect()
  expect(RootFS.Layers).toHaveLength(1)
  expect([...config.Env].sort()).toEqual([...template.Config.Env].sort())
  const own = Object.keys(before.Config.Labels).filter((label) => !(label in (template.Config.Labels ?? {})))
  const shared = ['made-by', 'name', 'role', 'sandbox', 'scope', 'version'].map((each) => `dev.sbx.${each}`)
  expect(own.filter((label) => label in config.Labels).sort()).toEqual(shared)

  const { action, notes } = onlySandbox(await project.json<PlanDocument>(['plan']))
  expect(action).toBe('reuse')
  expect(notes).toContainEqual({
    ...{ kind: 'carries_files', taken_at: config.Labels['dev.sbx.carried-at'], bytes: expect.any(Number) },
  })
})

test('the next recreate must stand on it without being asked', async () => {
  const before = await snapshots()
  await project.write(base)
  await project.ok(['apply', '--yes', '--allow-widen'])
  expect(await project.inside(see)).toBe(seen)
  expect(await snapshots()).toEqual(before)
})

test('with another template the files must be copied, without packages, and the snapshot go', async () => {
  await project.write(`${base}setup: ["true"]\n`)
  const refused = await project.sbx(['apply', '--yes', '--allow-widen'])
  expect(refused.exitCode).toBe(3)
  expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('3001 files outside kept paths would be lost')
  await project.ok(['apply', '--yes', '--allow-widen', '--keep', '--discard'])
  const packaged = 'dpkg-query -W greeting 2>/dev/null || ls -d /usr/bin/greeting 2>/dev/null || echo none'
  expect(await project.inside(`tool && cat ~/note && (${packaged})`)).toBe('3000\nkept\nnone')
  expect(await snapshots()).toEqual([])
})

test('what is discarded must be gone, and the home stay', async () => {
  await project.write(`${base}setup: ["true"]\nworkspace: { readonly: true }\n`)
  await project.ok(['apply', '--yes', '--discard'])
  expect(await project.inside('cat ~/note; ls -d /usr/local/bin/tool 2>/dev/null || echo gone')).toBe('kept\ngone')
})
