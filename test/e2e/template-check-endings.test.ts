// What `sbx template check` leaves behind where the image is in the way of it: nothing.

import { spawn } from 'node:child_process'
import { chown, mkdir, readdir, stat } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nothing, objectsOf } from './support/objects.js'
import { commandLine, Project, type RunOptions } from './support/project.js'
import { until } from './support/until.js'

let project: Project
beforeAll(async () => {
  project = await Project.create()
})
afterAll(async () => {
  await project.remove()
})

/** Says where the workspace is without its name: an image goes by its content and stays, and so it is one for all runs. */
const workspace = "$(sed -n 's|^[^ ]* \\([^ ]*/workspace\\) .*|\\1|p' /proc/mounts)"

/** A template of an agent that is this script. */
async function writeTemplate(folder: string, script: string, setup = 'true'): Promise<void> {
  await project.write(script, `${folder}/x`)
  await project.write(
    `FROM localhost/sbx-shell\nCOPY x /usr/local/bin/x\nRUN chmod 755 /usr/local/bin/x && ${setup}\n`,
    `${folder}/Dockerfile`,
  )
  await project.write('agent: x\ncommand: [x]\n', `${folder}/template.yaml`)
}

/** A folder for temporary files of its own, to see what is left in it. */
async function temporaryFolder(name: string, owner: number): Promise<string> {
  const path = project.beside(name)
  await mkdir(path)
  if (process.getuid?.() === 0) await chown(path, owner, owner)
  return path
}

test('the first Ctrl-C ends a check whose agent does not end, and leaves nothing', async () => {
  const TMPDIR = await temporaryFolder('hangs-tmp', 0)
  const begun = `touch "${workspace}/begun"`
  await writeTemplate(
    'hangs',
    `#!/bin/sh\n${begun}\ntrap "" TERM INT\nwhile :; do sleep 1; done\n`,
    'rm /usr/bin/timeout',
  )
  const running = project.start(['template', 'check', './hangs'], { env: { TMPDIR } })
  await until(
    async () => (await readdir(TMPDIR, { recursive: true })).some((path) => path.endsWith('/begun')),
    () => 'the agent was not started',
  )
  running.kill('SIGINT')
  const ran = await running.ended
  expect(ran.exitCode).toBe(130)
  expect(ran.stderr).toContain('Interrupted: removing what was made for the check.')
  expect(await objectsOf(project)).toEqual(nothing)
  expect(await readdir(TMPDIR)).toEqual([])
})

/** As a user that cannot remove the files of others, where the tests are run by one who can. */
async function checkAsUser(
  folder: string,
  env: RunOptions['env'],
): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
  const { gid } = await stat('/var/run/docker.sock')
  const user = process.getuid?.() === 0 ? { uid: 1000, gid } : {}
  const child = spawn(process.execPath, [commandLine, 'template', 'check', folder], {
    cwd: project.folder,
    env: { ...project.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...user,
  })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => {
      resolve({ exitCode, stderr })
    })
  })
}

test('what the agent leaves in the workspace, as whoever, goes with it', async () => {
  const TMPDIR = await temporaryFolder('litters-tmp', 1000)
  const litter = `cd "${workspace}" && mkdir -m 700 left && touch left/.file`
  await writeTemplate('litters', `#!/bin/sh\n${litter}\n`)
  const HOME = await temporaryFolder('litters-home', 1000)
  expect(await checkAsUser('./litters', { TMPDIR, HOME })).toMatchObject({ exitCode: 0 })
  expect(await objectsOf(project)).toEqual(nothing)
  expect(await readdir(TMPDIR)).toEqual([])
})
