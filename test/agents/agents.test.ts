// Real agents, each in a sandbox of its own with a stand-in for its model: from its very first start it asks a person
// nothing, draws itself anew when the terminal changes, and does a task on its own that it is given as an argument.

import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ListDocument } from '../e2e/support/documents.js'
import { owners, Project } from '../e2e/support/project.js'
import { Screen } from '../e2e/support/screen.js'
import { until } from '../e2e/support/until.js'
import type { ModelStub } from '../support/model/stub.js'
import { testedAgents, type AgentFixture } from './support/fixture.js'
import { applyAgent, keyOnHost, madeUpKey } from './support/stage.js'

/** One that is neither root nor the number that the image has, where there is a choice. */
const strangeOwner = owners.find((owner) => owner !== 0 && owner !== 1000) ?? owners[0]!

/** Not part of `npm test`. */
const isAgentsRun = process.env['SBX_TEST_AGENTS'] !== undefined

const stages = testedAgents().flatMap((agent) =>
  [strangeOwner, ...(agent.fixture.asRoot === true ? owners.filter((owner) => owner === 0) : [])].map((owner) => ({
    ...agent,
    owner,
  })),
)

describe.each(stages)('$name, in a workspace of uid $owner', ({ name, descriptor, fixture, owner }) => {
  let project: Project
  let model: ModelStub | undefined

  beforeAll(async () => {
    project = await Project.create({ owner })
    // Without a substitution, which not every agent's shell allows.
    const command = 'id -u >> worked; echo "$USER $HOME $PWD" >> worked'
    const keepsState = descriptor.state !== undefined && isAgentsRun
    const told = keepsState ? `${command}; test -z "$SBX_SESSION_STATE" || cp "$SBX_SESSION_STATE" state` : command
    model = await applyAgent(project, name, { command: told, answer: 'All of it is written.' })
  })
  afterAll(async () => {
    await model?.close()
    await project.remove()
  })
  afterEach(async () => {
    await rm(join(project.folder, 'worked'), { force: true })
  })

  async function expectWork(): Promise<void> {
    const file = join(project.folder, 'worked')
    expect(await readFile(file, 'utf8')).toBe(`${String(owner)}\nagent /home/agent ${project.folder}\n`)
    expect(await stat(file)).toMatchObject({ uid: owner, gid: owner })
  }

  const { interactive } = fixture
  if (interactive !== undefined && owner === strangeOwner) {
    // Before anything else has begun a session.
    describe('in a terminal', () => {
      inTerminal(() => project, name, interactive, expectWork)
      // `npm test` leaves it out: that it is said at all, another test there says.
      if (descriptor.state !== undefined && isAgentsRun) saysItsState(() => project, name, interactive)
    })
  }

  if (owner === strangeOwner) {
    test('its template must keep the contract', async () => {
      type Finding = { readonly point: string; readonly status: string; readonly sentence: string }
      const { findings } = await project.json<{ readonly findings: readonly Finding[] }>(['template', 'check', name])
      expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
      const sentences = Object.fromEntries(findings.map(({ point, sentence }) => [point, sentence]))
      // Not a warning, so it is the version that the template says.
      expect(sentences).toMatchObject({ 'agent-version': expect.stringContaining('--version says') as string })
    })
  }

  test('a prompt as an argument must run the shell, and its file must belong to the workspace’s owner', async () => {
    const args = descriptor.oneShot!.map((word) => word.replace('{prompt}', 'Write the file.'))

    const printed = await project.ok(['run', name, '--', ...args], { env: keyOnHost })

    expect(printed).toContain('All of it is written.')
    await expectWork()
    const asked = model!.requests.filter(({ format }) => format !== null)
    expect(new Set(asked.map(({ format }) => format))).toEqual(new Set([fixture.format]))
    expect(asked.some(({ body }) => body.includes('Write the file.'))).toBe(true)
    if (fixture.key !== undefined) expect(JSON.stringify(asked.map(({ headers }) => headers))).toContain(madeUpKey)
  })
})

/** What the agent itself says of whether it works, as `ls` tells it, and what is left of its screen in its log. */
function saysItsState(
  project: () => Project,
  name: string,
  { prompt, over = '' }: NonNullable<AgentFixture['interactive']>,
): void {
  test('ls must tell that it waits for a prompt, works, and waits again; and logs what it answered', async () => {
    const mood = async (): Promise<unknown> => {
      const [sandbox] = (await project().json<ListDocument>(['ls'])).sandboxes
      return sandbox?.sessions?.at(-1)?.['mood']
    }
    const screen = await Screen.open(project(), keyOnHost)
    try {
      await screen.enter(`$SBX run ${name}`)
      await screen.see(new RegExp(prompt, 'm'))
      expect(await mood()).toBe('waiting')
      await screen.type('Write it down.')
      await screen.see(/Write it down\./)
      await screen.press('Enter')
      await screen.see(new RegExp(`All of it is written\\.[^]*${over}`, 'i'))
      await until(
        async () => (await mood()) === 'waiting',
        () => 'it does not wait',
      )
    } finally {
      await screen.close()
    }
    // As its own command found it.
    expect(await readFile(join(project().folder, 'state'), 'utf8')).toBe('working\n')
    expect(await project().ok(['logs'])).toMatch(/Write it down\.[^]*All of it is written\./)
  })
}

function inTerminal(
  project: () => Project,
  name: string,
  { prompt, over = '', again, drawn }: NonNullable<AgentFixture['interactive']>,
  expectWork: () => Promise<void>,
): void {
  let screen: Screen
  beforeAll(async () => {
    screen = await Screen.open(project(), keyOnHost)
  })
  afterAll(async () => {
    await screen.close()
  })

  const atPrompt = new RegExp(prompt, 'm')
  const outside = /^host> $/m
  const idle = '^(?![^]*esc to (?:interrupt|cancel))[^]*'

  test('the first start must come to the prompt with no question asked, and a prompt must run the shell', async () => {
    await screen.enter('stty -a > before')
    await screen.enter(`$SBX run ${name}`)
    expect(await screen.see(atPrompt)).not.toMatch(/trust|theme|log ?in|sign ?in|API key\?|accept|continue\?/i)
    await screen.type('Write it down.')
    await screen.see(/Write it down\./)
    await screen.press('Enter')
    await screen.see(new RegExp(`${idle}All of it is written\\.[^]*${over}`, 'i'))
    await expectWork()
  })

  test('it must draw itself anew when the terminal changes its size', async () => {
    await screen.resize(120, 40)
    await screen.see(new RegExp(drawn, 'm'))
  })

  test('Ctrl-C must be its own to answer, and its end must leave the terminal as it was', async () => {
    await screen.press('C-c')
    // Still there for the second.
    if (again !== undefined) {
      await screen.see(new RegExp(again))
      await screen.press('C-c')
    }
    await screen.see(outside)
    await screen.clear()
    await screen.enter('code=$?; stty -a > after; echo "code $code"')
    await screen.see(/^code 0/m)
    const settings = async (file: string) => readFile(join(project().folder, file), 'utf8')
    // The lines and columns are others now.
    const line = /^.*rows.*$/m
    expect((await settings('after')).replace(line, '')).toBe((await settings('before')).replace(line, ''))
  })
}
