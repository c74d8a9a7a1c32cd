// A home is filled from an image once. What a later image has there is told, and brought where nobody changed it.

import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onlySandbox, type PlanDocument } from './support/documents.js'
import { Project } from './support/project.js'

let project: Project

beforeAll(async () => {
  project = await Project.create()
  await project.write('agent: shell\ncommand: [sh]\n', 'image/template.yaml')
  await project.write('FROM debian:bookworm-slim\nCOPY home/ /home/agent/\n', 'image/Dockerfile')
  await project.write('agent: shell\nnetwork: none\ntemplate: ./image\n')
})
afterAll(async () => {
  await project.remove()
})

async function imageWith(home: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(home)) await project.write(text, `image/home/${path}`)
}

const apply = ['apply', '--yes', '--discard', '--allow-widen']

test('what a newer image has in the home must be told, and brought on request where nobody changed it', async () => {
  await imageWith({ '.untouched': 'old', '.changed': 'old', '.deleted': 'old', 'tool/kept': 'same' })
  await project.ok(apply)
  await project.inside(`echo mine > ~/.changed; rm ~/.deleted; echo own > ~/tool/own; ln -s ${project.folder} ~/link`)

  await imageWith({ '.untouched': 'new', '.changed': 'new', '.deleted': 'new', 'tool/added': 'new', 'link/in': 'new' })
  await imageWith({ 'more/deep/file': 'new', '.cut': 'complete' })
  const applied = await project.ok(apply)
  expect(applied).toContain('hides 7 files of its image: ~/.changed (changed)')
  expect(applied).toContain('sbx apply --refresh-home')
  expect(await project.inside('cat ~/.untouched')).toBe('old')

  const planned = await project.ok(['plan'])
  expect(planned).toContain('hides 7 files of its image')
  expect(planned).toContain('No changes.')

  // As an engine leaves it that was ended over a file: it writes as root, and gives it to its owner last.
  const half = await project.docker.getContainer((await project.container()).Id).exec({
    ...{ User: '0:0', Cmd: ['sh', '-c', 'printf comp >/home/agent/.cut; ls /home/agent'], AttachStdout: true },
  })
  for await (const _ of await half.start({})) void _

  const lines = (await project.ok([...apply, '--refresh-home', '--json'])).trim().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    sandboxes: [{ action: 'update', home: { brought: 4, left: 3 } }],
  })
  const files = '.cut .untouched .changed .deleted tool/kept tool/own tool/added more/deep/file'
  const looks = `cd; for file in ${files}; do echo "$file: $(cat $file)"; done; stat -c %U . more more/deep/file`
  expect((await project.inside(`(${looks}) 2>/dev/null; true`)).split('\n')).toEqual([
    ...[
      '.cut: complete',
      '.untouched: new',
      '.changed: mine',
      '.deleted: ',
      'tool/kept: same',
      'tool/own: own',
      'tool/added: new',
    ],
    ...['more/deep/file: new', 'agent', 'agent', 'agent'],
  ])
  expect(await readdir(project.folder)).not.toContain('in')
  expect(await project.containers()).toHaveLength(1)
  expect(onlySandbox(await project.json<PlanDocument>(['plan']))).toMatchObject({ action: 'reuse', notes: [] })
})
