// The agent's home outlives its container, belongs to the agent whoever that is, and nothing else changes hands with it.

import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { owners, Project } from './support/project.js'

let project: Project
beforeEach(async () => {
  project = await Project.create(owners[0] === undefined ? {} : { owner: owners[0] })
})
afterEach(async () => {
  await project.remove()
})

const base = 'agent: shell\nnetwork: none\n'

test('a recreate must keep the home and the workspace', async () => {
  await project.write(base)
  await project.ok(['apply', '--yes'])
  const before = await project.container()
  await project.inside('mkdir -p ~/.config/tool && echo kept > ~/.config/tool/settings; sudo touch /opt/lost')
  const refused = await project.sbx(['apply', '--yes', '--recreate'])
  expect(refused.exitCode).toBe(3)
  expect((await project.container()).Id).toBe(before.Id)
  await project.ok(['apply', '--yes', '--recreate', '--discard'])
  expect((await project.container()).Id).not.toBe(before.Id)
  expect(await project.inside('cat ~/.config/tool/settings; ls /opt')).toBe('kept')
})

test('a workspace that changes owner must take the home with it, and not what is mounted below', async () => {
  const data = project.beside('data')
  await mkdir(`${data}/sub`, { recursive: true })
  await writeFile(`${data}/sub/file`, 'of the host')
  // Where root can: of nobody that a sandbox could be.
  if (owners.includes(0)) for (const path of [data, `${data}/sub`, `${data}/sub/file`]) await chown(path, 4242, 4242)
  const ownersBelow = async (): Promise<readonly (readonly number[])[]> => {
    const found = await Promise.all([stat(data), stat(`${data}/sub`), stat(`${data}/sub/file`)])
    return found.map(({ uid, gid }) => [uid, gid])
  }
  const before = await ownersBelow()
  await project.write(`${base}mounts:\n  - { source: ${data}, target: ~/project/data, readonly: false }\n`)
  await project.ok(['apply', '--yes', '--allow-widen'])
  await project.inside('mkdir -p ~/a/.b && echo "by the first" > ~/a/.b/file && ln -s /etc/passwd ~/a/link')
  // The way to what is mounted is the agent's.
  expect(await project.inside('cat ~/project/data/sub/file && echo new > ~/project/new && cat ~/project/new')).toBe(
    'of the hostnew',
  )
  expect(await ownersBelow()).toEqual(before)
  for (const owner of owners.slice(1)) {
    await chown(project.folder, owner, owner)
    await project.ok(['stop'])
    await project.ok(['apply', '--yes'])
    const looks = [
      'id -u; cat ~/a/.b/file && echo more >> ~/a/.b/file && touch ~/new && touch made',
      'echo newer > ~/project/new && cat ~/project/new',
      `find ~ -path ~/project/data -prune -o ! -uid ${String(owner)} -print`,
      'stat -c %u /etc/passwd',
    ]
    const seen = (await project.inside(looks.map((look) => `(${look}) || exit; echo //`).join('\n'))).split('//\n')
    expect(seen[0]).toMatch(new RegExp(`^${String(owner)}\nby the first`))
    expect(seen.slice(1)).toEqual(['newer\n', '', '0\n//'])
    expect((await stat(`${project.folder}/made`)).uid).toBe(owner)
    await rm(`${project.folder}/made`)
    expect(await ownersBelow()).toEqual(before)
  }
  expect(await readFile(`${data}/sub/file`, 'utf8')).toBe('of the host')
})
