// What of the workspace a sandbox does not see while files come and go, and what it leaves there to be run.

import { chown, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Project } from './support/project.js'

let project: Project
beforeEach(async () => {
  project = await Project.create()
})
afterEach(async () => {
  await project.remove()
})

/** As one that runs as an agent would plant it; says what it sees of what is hidden. */
const planting = `
cat .env secrets/* deploy/key 2>/dev/null
printf '[core]\\n\\tfsmonitor = touch /tmp/planted\\n' >>.git/config
cp /bin/true tool && sudo chown root tool && sudo chmod u+s tool
mv deploy elsewhere
cat elsewhere/key
`

test('a hidden path must be hidden again where another file takes its place, and be nowhere else at the next start', async () => {
  const { folder } = project
  const replace = async (text: string): Promise<void> => {
    await writeFile(join(folder, '.env.new'), text)
    await rename(join(folder, '.env.new'), join(folder, '.env'))
  }
  await project.write('agent: shell\nnetwork: none\nworkspace: { hide: [.env, secrets, deploy/key] }\n')
  await project.write('KEY=first\n', '.env')
  await project.write('key\n', 'secrets/key')
  await project.write('key\n', 'deploy/key')
  await project.write('[core]\n\tbare = false\n', '.git/config')
  const { uid, gid } = await stat(folder)
  for (const path of ['deploy', '.git', '.git/config']) await chown(join(folder, path), uid, gid)
  await project.ok(['apply', '--yes'])

  await replace('KEY=second\n')
  const refused = await project.sbx(['exec', '--', 'cat', '.env'])
  expect(refused).toMatchObject({ exitCode: 125, stdout: '' })
  expect(refused.stderr).toContain('cli/not-hidden')

  const ran = await project.sbx(['run', 'shell', '--', '-c', planting])
  expect(ran).toMatchObject({ exitCode: 0, stdout: '' })
  expect(ran.stderr).toMatch(/hide\["\.env"\] +hidden +seen +hidden/)
  expect(ran.stderr).toMatch(/\.git\/config +core\.fsmonitor = touch \/tmp\/planted/)
  expect(ran.stderr).toMatch(/tool +setuid: runs as root/)

  await replace('KEY=third\n')
  const moved = await project.sbx(['apply', '--yes'])
  expect(moved.exitCode).toBe(1)
  expect(moved.stderr).toContain('resolve/hidden-moved')
  expect(moved.stderr).toContain('deploy in')
})
