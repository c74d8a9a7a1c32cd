// A saved plan as a file: it comes back as it was, and everything else is one error.

import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeSavedPlan, encodeSavedPlan, type SavedPlan } from '../../../src/cli/planning/saved-plan.js'
import { checkPlanPlace, readPlanFile, writePlanFile } from '../../../src/cli/planning/saved-plan-file.js'
import { canonicalJson, type JsonObject } from '../../../src/model/json.js'
import { digest } from '../../../src/model/names.js'
import { readDigestKey, type DigestKey } from '../../../src/resolve/digest-key.js'
import { planJson } from '../../../src/ui/plan-json.js'
import { planLines } from '../../../src/ui/plan-text.js'
import { context, situations } from '../../ui/situations.js'

let folder: string
let mine: DigestKey
let others: DigestKey
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbx-saved-plan-'))
  mine = await readDigestKey(join(folder, 'mine'))
  others = await readDigestKey(join(folder, 'others'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

function planOf(situation: string): SavedPlan {
  const planned = situations[situation] ?? []
  return {
    sbx_version: '0.1.0',
    saved_at: '2026-11-21T19:30:00.000Z',
    config: { file: '/home/me/src/web/sandbox.yaml', profile: null, workspace: '/home/me/src/web' },
    call: { recreate: true, pull: 'always', discard: true },
    engine: { id: 'AB:CD', endpoint: 'unix:///var/run/docker.sock', name: 'docker 28.2.2' },
    made_of: {
      ...{ sandboxId: 'web-3f2a1c', config: { digest: 'd', settings: { '/env/A': 'e' } }, digestKey: null },
      ...{ containers: { f: { state: 'running', observed: { resources: { pids: 1 } } } }, records: { r: 't' } },
      ...{ home: true, images: { i: null, j: 'sha256:1' }, entrypoint: '1', registry: {} },
    },
    steps: ['s'],
    risks: { sessions: [], losses: null, kept: null, clone: null, widening: [] },
    plan: planJson(planned, { ...context, sbxVersion: '0.1.0' }) as SavedPlan['plan'],
    text: planLines(planned, context),
  }
}

/** As somebody would write it who has everything but the key. */
function forged(change: (document: Record<string, unknown>) => void): string {
  const document = JSON.parse(encodeSavedPlan(planOf('update'), mine)) as Record<string, unknown>
  const { seal, checksum: _, ...plain } = document
  change(plain)
  return JSON.stringify({ ...plain, checksum: digest(plain as JsonObject, 64), seal })
}

async function codeOf(text: string): Promise<string | undefined> {
  try {
    await decodeSavedPlan(text, 'p.json')
    return undefined
  } catch (error) {
    const { diagnostics } = error as { diagnostics: readonly { code: string }[] }
    expect(diagnostics).toHaveLength(1)
    return diagnostics[0]?.code
  }
}

describe('a saved plan', () => {
  test.each(Object.keys(situations))('of the situation %s comes back as it was, sealed by its user', async (name) => {
    const plan = planOf(name)
    const { saved, isSealedBy } = await decodeSavedPlan(encodeSavedPlan(plan, mine), 'p.json')
    expect(saved).toEqual(plan)
    expect([isSealedBy(mine), isSealedBy(others)]).toEqual([true, false])
  })

  test('has its format first', () => {
    expect(Object.keys(JSON.parse(encodeSavedPlan(planOf('create'), mine)) as object)[0]).toBe('format_version')
  })

  test('is still a plan, and no approval, when it was changed by who can sum but not seal', async () => {
    const text = forged((document) => {
      document['call'] = { discard: true, force: true }
    })
    const { saved, isSealedBy } = await decodeSavedPlan(text, 'p.json')
    expect(saved.call).toEqual({ discard: true, force: true })
    expect(isSealedBy(mine)).toBe(false)
  })

  test('is sealed as a whole: whatever byte of it is another, it is damaged or not sealed', async () => {
    const text = encodeSavedPlan(planOf('update'), mine)
    for (let at = 0; at < text.length; at += 97) {
      const edited = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
      const read = await decodeSavedPlan(edited, 'p.json').catch(() => null)
      expect(read?.isSealedBy(mine) ?? false, edited.slice(at - 20, at + 20)).toBe(false)
    }
  })

  test.each([0.1, 0.5, 0.99])('that is cut short at %d is one error', async (part) => {
    const text = encodeSavedPlan(planOf('create'), mine)
    expect(await codeOf(text.slice(0, text.length * part))).toBe('plan/foreign')
  })

  test.each(['', '{}', '[]', 'null', 'agent: claude', '{"type":"plan"}', '{"type":"saved-plan"'])(
    'is not %j',
    async (text) => {
      expect(await codeOf(text)).toBe('plan/foreign')
    },
  )

  test('that was edited by hand is one error', async () => {
    const text = encodeSavedPlan(planOf('update'), mine)
    expect(await codeOf(text.replace('"recreate": true', '"upgrade": true'))).toBe('plan/damaged')
  })

  test('of a newer format is told as that, whatever else is in it', async () => {
    expect(await codeOf('{"format_version":"2.0","type":"saved-plan","sbx_version":"9.0.0"}')).toBe('plan/format')
  })

  test.each<readonly [string, (document: Record<string, unknown>) => void]>([
    ['a field too much', (document) => (document['extra'] = 1)],
    ['a field too few', (document) => delete document['made_of']],
    ['another kind of value', (document) => (document['steps'] = 'none')],
    ['a line that is none', (document) => (document['text'] = [[{ text: 'x', paint: 'blink' }]])],
    ['a plan that is none', (document) => (document['plan'] = { sandboxes: [{ grants: [{ key: 'x' }] }] })],
    ['a flag that there is not', (document) => (document['call'] = { yes: true })],
  ])('with %s is one error', async (_, change) => {
    expect(await codeOf(forged(change))).toBe('plan/damaged')
  })
})

describe('a plan that nests without end', () => {
  test.each(['[', '{"a":'])('in %j is one error', async (open) => {
    const closed = open === '[' ? ']' : '}'
    const deep = `${open.repeat(20_000)}1${closed.repeat(20_000)}`
    const text = JSON.stringify({ ...(JSON.parse(forged(() => undefined)) as object), plan: 'deep' })
    expect(await codeOf(text.replace('"deep"', deep))).toBe('plan/damaged')
  })
})

describe('its seal', () => {
  test('is no digest of a value, and no digest of a value is a seal', () => {
    const text = canonicalJson(['web', 'A', 'x'])
    expect(mine.seal(text)).not.toContain(mine.digest('web', 'A', 'x'))
    expect(mine.seal(text)).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('its file', () => {
  const text = (): string => encodeSavedPlan(planOf('create'), mine)

  test('is for its owner alone, and nothing is left beside it', async () => {
    const file = join(folder, 'p.json')
    await writePlanFile(file, text())
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readPlanFile(file)).toBe(text())
    expect((await readdir(folder)).filter((name) => name.startsWith('p.json'))).toEqual(['p.json'])
  })

  test('is written over by another plan, of whatever format', async () => {
    const file = join(folder, 'again.json')
    await writeFile(file, '{"format_version":"0.9","type":"saved-plan"}')
    await chmod(file, 0o644)
    await writePlanFile(file, text())
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('is not written over anything else, nor through a link, nor into a folder', async () => {
    const file = join(folder, 'sandbox.yaml')
    await writeFile(file, 'agent: claude\n')
    await symlink(file, join(folder, 'link.json'))
    await expect(writePlanFile(file, text())).rejects.toMatchObject({ diagnostics: [{ code: 'plan/occupied' }] })
    await expect(checkPlanPlace(file)).rejects.toMatchObject({ diagnostics: [{ code: 'plan/occupied' }] })
    for (const place of ['link.json', 'mine']) {
      await expect(writePlanFile(join(folder, place), text())).rejects.toMatchObject({
        diagnostics: [{ code: 'plan/unreadable' }],
      })
    }
    expect(await readFile(file, 'utf8')).toBe('agent: claude\n')
  })

  test('that cannot be written is one error, and leaves nothing', async () => {
    await expect(writePlanFile(join(folder, 'nowhere', 'p.json'), text())).rejects.toMatchObject({
      diagnostics: [{ code: 'plan/unwritable', detail: expect.stringContaining('ENOENT') as string }],
    })
  })

  test('that is not there is one error', async () => {
    await expect(readPlanFile(join(folder, 'none.json'))).rejects.toMatchObject({
      diagnostics: [{ code: 'plan/unreadable' }],
    })
  })
})
