// What an agent installed outside of what is kept: a recreate tells it, and takes it along or not as is said.

import { afterAll, beforeAll, expect, test } from 'vitest'
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
echo '{}' | sudo tee ../node_modules/@acme/cli/package.json`

beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: shell\nnetwork: none\n')
  await project.ok(['apply', '--yes'])
  await project.inside(install)
  await project.write('agent: shell\nnetwork: none\nlifecycle: { onRecreate: keep }\nworkspace: { readonly: true }\n')
})
afterAll(async () => {
  await project.remove()
})

type Content = {
  readonly files: number
  readonly folders: readonly { readonly path: string; readonly files: number }[]
  readonly packages: readonly { readonly manager: string; readonly name: string }[]
}
type Plan = { readonly sandboxes: readonly { readonly losses: Content | null; readonly kept: Content | null }[] }

const content = {
  files: 3001,
  folders: [
    { path: '/usr/local/lib/tool', files: 3000 },
    { path: '/usr/local/bin/tool', files: 1 },
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

test('what is kept must run in the new sandbox, and be lost once that is said', async () => {
  await project.ok(['apply', '--yes'])
  expect(await project.inside('greeting && tool && dpkg-query -W greeting')).toMatch(/^hello\n3000\ngreeting\s+1$/)

  await project.write('agent: shell\nnetwork: none\nsetup: ["true"]\n')
  const refused = await project.sbx(['apply', '--yes', '--allow-widen'])
  expect(refused.exitCode).toBe(3)
  expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain('3001 files outside kept paths would be lost')
  await project.ok(['apply', '--yes', '--discard', '--allow-widen'])
  expect(await project.inside('ls -d /usr/bin/greeting /usr/local/bin/tool 2>/dev/null || echo gone')).toBe('gone')
})
