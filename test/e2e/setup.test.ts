// Setup commands are layers of an image: done once, done again from the line that changed, and told when one fails.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './support/project.js'

let project: Project
beforeAll(async () => {
  project = await Project.create()
})
afterAll(async () => {
  await project.remove()
})

async function write(...setup: readonly string[]): Promise<void> {
  await project.write(`agent: shell\nnetwork: none\nsetup: ${JSON.stringify(setup)}\n`)
}

/** As the first line of a setup it leaves a mark that no second run of it would leave again. */
const mark = 'head -c 16 /dev/urandom | od -An -tx1 > /opt/mark'
const apply = ['apply', '--yes', '--discard', '--allow-widen']

test('setup must run as root while the image is built, and what it did be there', async () => {
  await write(mark, `id -u > /opt/who; printf '%s\\n' "$HOME 'quoted' \\\\" >> /opt/who`)
  await project.ok(apply)
  expect(await project.inside('cat /opt/who')).toBe("0\n/root 'quoted' \\")
})

test('an apply of the same setup must build nothing', async () => {
  const images = await ownImages()
  expect(images).not.toEqual([])
  const before = await project.container()
  await project.ok(apply)
  expect((await project.container()).Id).toBe(before.Id)
  expect(await ownImages()).toEqual(images)
})

/** Ids of the images that this test's setup made, half done ones among them. */
async function ownImages(): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [`dev.sbx.scope=${project.scope}`] })
  return (await project.docker.listImages({ all: true, filters: filters as never })).map(({ Id }) => Id).sort()
}

test('a changed line must be built anew on the lines before it', async () => {
  const marked = await project.inside('cat /opt/mark')
  await write(mark, 'echo another > /opt/who')
  await project.ok(apply)
  expect(await project.inside('cat /opt/who')).toBe('another')
  expect(await project.inside('cat /opt/mark')).toBe(marked)
})

test.each(['classic', 'buildkit'])(
  'a line that fails in a %s build must be shown, and what ran keep running',
  async (builder) => {
    const before = await project.container()
    await write(mark, 'echo some words of its own; exit 7')
    const ran = await project.sbx(apply, { env: { SBX_BUILDER: builder } })
    expect(ran.exitCode).toBe(1)
    expect(ran.stderr.match(/^[ |]*some words of its own$/gm)).toHaveLength(1)
    expect(ran.stderr).toContain('exit 7')
    expect(ran.stderr).toMatch(/sandbox\.yaml:\d+:\d+/)
    expect(ran.stderr).toMatch(/^ *\d+ \|.*echo some words of its own; exit 7/m)
    const after = await project.container()
    expect(after).toMatchObject({ Id: before.Id, State: { Running: true, StartedAt: before.State.StartedAt } })
    expect(await project.inside('cat /opt/who')).toBe('another')
  },
)
